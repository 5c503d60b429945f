//! The students of a class: which entries are whose, in which order they came, and which counts.
//!
//! Hides how entries are put together. Entries are one student's only if what names them is the same to the
//! byte; students whose ids would be the same are told apart. Opens archives only to see which of several
//! attempts holds a crate.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use ids::SubmissionId;

use super::{
    apart::{self, Ids, Whose},
    archive_names::stem,
    found::{Attempt, Found, Ignored, ToldApart},
    inside,
    systems::{self, Exported, System},
};
use crate::{archive, limits::Limits, manifest, source::Source, wanted::Wanted};

/// How many archives of one student, from the last one, are searched for a crate. Without this bound, a
/// student who uploads a thousand archives would cost a thousand readings.
const SEARCHED_ARCHIVES: usize = 8;
/// What GitHub Classroom's prefix must have at least.
const PREFIX: usize = 2;

/// What an entry counts for beside others of one student: only what weighs most is graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// What was typed, or a description of what was handed in.
    Typed,
    /// A file that is no archive.
    File,
    /// A folder or an archive.
    Work,
}

/// One entry that is, or may be, a student's.
#[derive(Debug)]
pub(super) struct Candidate {
    name: String,
    text: String,
    /// What no other student has.
    key: (Option<System>, Vec<u8>),
    /// What the id is made of.
    label: String,
    date: Option<String>,
    file: u128,
    attempts: Vec<Attempt>,
    weight: Weight,
}

impl Candidate {
    /// The entry that is shown as `name`, whose name is `bytes`, and `text` as text.
    pub(super) fn new(
        name: String,
        bytes: &[u8],
        text: &str,
        exported: Option<Exported>,
        attempts: Vec<Attempt>,
        weight: Weight,
    ) -> Self {
        let text = text.to_owned();
        let Some(exported) = exported else {
            return Self {
                name,
                key: (None, bytes.to_vec()),
                label: stem(&text).to_owned(),
                text,
                date: None,
                file: 0,
                attempts,
                weight,
            };
        };
        Self {
            name,
            text,
            key: (Some(exported.system), exported.identity.into_bytes()),
            label: exported.label,
            date: exported.date,
            file: exported.file,
            attempts,
            weight,
        }
    }
}

/// All students.
#[derive(Debug)]
pub(super) struct Finished {
    /// The submissions, with the names of their first entries.
    pub(super) submissions: Vec<(String, Found)>,
    pub(super) told_apart: Vec<ToldApart>,
    pub(super) ignored: Vec<Ignored>,
}

/// The entries so far.
#[derive(Debug)]
pub(super) struct Students<'a> {
    wanted: Wanted<'a>,
    limits: Limits,
    by_key: BTreeMap<(Option<System>, Vec<u8>), Vec<Candidate>>,
    ignored: Vec<Ignored>,
}

impl<'a> Students<'a> {
    pub(super) fn new(wanted: Wanted<'a>, limits: Limits) -> Self {
        Self {
            wanted,
            limits,
            by_key: BTreeMap::new(),
            ignored: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, candidate: Candidate) {
        let candidates = self.by_key.entry(candidate.key.clone());
        // Most students have one entry, and a class may be large.
        let candidates = candidates.or_insert_with(|| Vec::with_capacity(1));
        candidates.push(candidate);
    }

    pub(super) fn ignore(&mut self, name: String, why: impl Into<String>) {
        let why = why.into();
        self.ignored.push(Ignored { name, why });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Whether there is an entry of this name that Gradescope knows.
    pub(super) fn have_folder(&self, text: &str) -> bool {
        let key = (Some(System::Gradescope), text.as_bytes().to_vec());
        self.by_key.contains_key(&key)
    }

    /// How the folder was understood; `repositories` of its folders are clones.
    pub(super) fn layout(&self, repositories: usize) -> String {
        let systems = self.by_key.keys().filter_map(|(system, _)| *system);
        let systems = systems.collect::<BTreeSet<_>>();
        let plain = self
            .by_key
            .iter()
            .filter(|((system, _), _)| system.is_none());
        let plain = plain
            .flat_map(|(_, candidates)| candidates)
            .collect::<Vec<_>>();
        let mut parts = systems
            .iter()
            .map(|system| system.layout().to_owned())
            .collect::<Vec<_>>();
        if systems.contains(&System::Sakai) {
            parts.push("what is in `Submission attachment(s)` is graded".to_owned());
        }
        if let Some(prefix) =
            prefix(&plain).filter(|_| repositories > 1 && repositories >= plain.len())
        {
            parts.push(format!("repositories of GitHub Classroom, `{prefix}…`"));
        } else if !plain.is_empty() || parts.is_empty() {
            let is_folder = |one: &&Candidate| one.attempts.iter().any(|attempt| !is_file(attempt));
            let folders = plain.iter().filter(|one| is_folder(one)).count();
            let what = match (folders, plain.len()) {
                (0, 1..) => "a file",
                (folders, all) if folders == all => "a folder",
                _ => "a folder or a file",
            };
            parts.push(format!("{what} for each student"));
        }
        parts.join("; ")
    }

    /// All of them.
    pub(super) fn finish(mut self) -> Finished {
        let by_key = std::mem::take(&mut self.by_key);
        let whose = by_key.iter().map(|((system, identity), candidates)| Whose {
            label: candidates[0].label.clone(),
            unique: [format!("{system:?} ").as_bytes(), identity].concat(),
        });
        let whose = whose.collect::<Vec<_>>();
        let ids = apart::ids(&whose);
        let told_apart = told_apart(&ids, &whose, &by_key);
        let mut submissions = Vec::new();
        for ((id, is_told_apart), (key, candidates)) in ids.each.into_iter().zip(by_key) {
            let text = candidates[0].text.clone();
            let identity = String::from_utf8_lossy(&key.1);
            let account = key
                .0
                .and_then(|system| systems::account(system, &identity, &text));
            let attempts = self.attempts(&id, candidates);
            let Some(last) = attempts.last() else {
                continue;
            };
            let found = Found {
                is_told_apart,
                people: Vec::new(),
                account,
                source: last.source.clone(),
                attempts,
                id,
            };
            submissions.push((text, found));
        }
        submissions.sort_by(|a, b| a.1.id.cmp(&b.1.id));
        self.ignored.sort_by(|a, b| a.name.cmp(&b.name));
        Finished {
            submissions,
            told_apart,
            ignored: self.ignored,
        }
    }

    /// The attempts of one student, the last one last.
    fn attempts(&mut self, id: &SubmissionId, mut candidates: Vec<Candidate>) -> Vec<Attempt> {
        let most = candidates.iter().map(|one| one.weight).max();
        for lighter in candidates.extract_if(.., |one| Some(one.weight) < most) {
            let what = match (lighter.weight, lighter.key.0) {
                (Weight::File, _) => "a file",
                (_, Some(System::Blackboard)) => "Blackboard's description of an attempt",
                (_, Some(System::Moodle)) => "text that was typed into Moodle",
                _ => "text or a link that was typed",
            };
            let beside = if most == Some(Weight::Work) {
                " as folder or archive"
            } else {
                ""
            };
            self.ignored.push(Ignored {
                name: lighter.name,
                why: format!("is {what} beside what `{id}` handed in{beside}"),
            });
        }
        for candidate in &mut candidates {
            self.sort_by_files(&mut candidate.attempts);
        }
        candidates.sort_by(by_time);
        let count = candidates.iter().map(|one| one.attempts.len()).sum();
        let mut attempts = Vec::with_capacity(count);
        for candidate in candidates {
            attempts.extend(candidate.attempts);
        }
        for other in self.without_crate(&mut attempts) {
            let why = format!(
                "is an archive without a `{}`, beside others that `{id}` handed in",
                manifest::NAME
            );
            self.ignore(other.name, why);
        }
        attempts
    }

    /// Put the archives of one folder whose names say nothing about their order into the order of the newest
    /// files in them. Where that is not known of all, the order stays.
    fn sort_by_files(&self, attempts: &mut [Attempt]) {
        let is_bounded = (2..=SEARCHED_ARCHIVES).contains(&attempts.len());
        let names = attempts.iter().map(|attempt| attempt.name.as_bytes());
        if !is_bounded || inside::say_order(names) {
            return;
        }
        let newest = attempts.iter().map(|attempt| match &attempt.source {
            Source::Archive(location, _) => archive::newest(location, self.wanted, self.limits),
            Source::Folder(_) | Source::File(_) | Source::Typed(..) => None,
        });
        let Some(newest) = newest.collect::<Option<Vec<_>>>() else {
            return;
        };
        let mut dated = newest
            .into_iter()
            .zip(attempts.to_vec())
            .collect::<Vec<_>>();
        // Stable: what is of one time stays in the order of names.
        dated.sort_by_key(|(newest, _)| *newest);
        for (place, (_, attempt)) in attempts.iter_mut().zip(dated) {
            *place = attempt;
        }
    }

    /// Take out the archives behind the last attempt that may hold a crate: a report that was handed in
    /// with the crate, or after it, is no attempt. Where none holds one, all stay.
    fn without_crate(&self, attempts: &mut Vec<Attempt>) -> Vec<Attempt> {
        if attempts.len() < 2 {
            return Vec::new();
        }
        let is_without = |attempt: &Attempt| match &attempt.source {
            Source::Archive(location, _) => {
                archive::is_without_crate(location, self.wanted, self.limits)
            }
            Source::Folder(_) | Source::File(_) | Source::Typed(..) => false,
        };
        let mut last = attempts.iter().rev().take(SEARCHED_ARCHIVES);
        match last.position(|attempt| !is_without(attempt)) {
            Some(behind) => attempts.split_off(attempts.len() - behind),
            None => Vec::new(),
        }
    }
}

/// Whose ids have a digest, and why.
fn told_apart(
    ids: &Ids,
    whose: &[Whose],
    by_key: &BTreeMap<(Option<System>, Vec<u8>), Vec<Candidate>>,
) -> Vec<ToldApart> {
    let names = by_key
        .values()
        .map(|candidates| candidates[0].name.as_str());
    let all = names.zip(&ids.each).map(|(name, (id, _))| (name, id));
    let all = all.collect::<Vec<_>>();
    let alike = ids.alike.iter();
    let alike = alike.map(|group| group.iter().map(|&at| all[at]).collect::<Vec<_>>());
    let cut = ids.each.iter().zip(whose).zip(&all);
    let cut = cut.filter(|(((id, is_apart), whose), _)| {
        !is_apart && whose.label.chars().count() > id.as_str().len()
    });
    let cut = cut.map(|(_, one)| vec![*one]);
    alike
        .chain(cut)
        .map(|group| ToldApart::new(&group))
        .collect()
}

fn is_file(attempt: &Attempt) -> bool {
    !attempt.name.contains('/') && !matches!(attempt.source, Source::Folder(_))
}

/// What the names have in common, up to a hyphen.
fn prefix(candidates: &[&Candidate]) -> Option<String> {
    let mut texts = candidates.iter().map(|one| one.text.as_str());
    let first = texts.next()?;
    let common = texts.fold(first.len(), |most, text| {
        let same = first.bytes().zip(text.bytes()).take_while(|(a, b)| a == b);
        same.count().min(most)
    });
    let end = first.as_bytes()[..common]
        .iter()
        .rposition(|&byte| byte == b'-')?;
    (end >= PREFIX).then(|| crate::names::shown(&first.as_bytes()[..=end]))
}

/// The order of uploads: by the date and then by the number that the system gave, and without them by name.
fn by_time(a: &Candidate, b: &Candidate) -> Ordering {
    (&a.date, a.file)
        .cmp(&(&b.date, b.file))
        .then_with(|| inside::natural(a.name.as_bytes(), b.name.as_bytes()))
}
