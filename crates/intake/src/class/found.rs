//! What is found in an instructor's folder.
//!
//! Never touches the disk.

use std::{ffi::OsString, path::PathBuf};

use ids::SubmissionId;

use crate::source::Source;

/// So many names are in one sentence.
const MOST_LISTED: usize = 8;

/// What is in an instructor's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// How the folder was understood: `Canvas export`, `a folder or an archive for each student`.
    pub layout: String,
    /// One for each student, in byte order of the ids.
    pub submissions: Vec<Found>,
    /// Whose ids have a digest, because names are nearly the same or too long.
    pub told_apart: Vec<ToldApart>,
    /// Everything else, in byte order of the names.
    pub ignored: Vec<Ignored>,
    /// The folder of the entries, below the one that was named; empty if it is that one.
    pub below: PathBuf,
    /// The names of all entries, whatever they are, in byte order.
    pub names: Vec<OsString>,
}

/// One student's submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The student's id.
    pub id: SubmissionId,
    /// Whether a digest in the id tells it from another student of nearly the same name.
    pub is_told_apart: bool,
    /// Who handed it in, where the system says so: several people of a group.
    pub people: Vec<Person>,
    /// The account that handed it in, where the system's names have its number.
    pub account: Option<Account>,
    /// What will be graded: the last attempt. An archive without a crate is no attempt if another archive of
    /// the same student has one.
    pub source: Source,
    /// All attempts, the last one last; never empty.
    pub attempts: Vec<Attempt>,
}

/// Students of nearly the same name, or one whose name is too long for an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldApart {
    /// Their ids.
    pub ids: Vec<SubmissionId>,
    /// Whose they are: a sentence without full stop. Safe to print.
    pub words: String,
}

impl ToldApart {
    /// The sentence about these names and the ids that they have.
    pub(super) fn new(all: &[(&str, &SubmissionId)]) -> Self {
        let names = all.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let ids = all.iter().map(|(_, id)| (*id).clone()).collect::<Vec<_>>();
        let shown = ids.iter().map(SubmissionId::as_str).collect::<Vec<_>>();
        let words = match all {
            [(name, id)] => format!("`{name}` is too long for an id: `{id}`"),
            [_, _] => format!("{} are two submissions: {}", listed(&names), listed(&shown)),
            _ => format!(
                "{} are {} submissions: {}",
                listed(&names),
                all.len(),
                listed(&shown)
            ),
        };
        Self { ids, words }
    }
}

/// `` `a`, `b` and `c` ``; of many, the first ones and how many more there are.
fn listed(names: &[&str]) -> String {
    let quoted = |name: &&str| format!("`{name}`");
    let some = names.iter().take(MOST_LISTED).map(quoted);
    let some = some.collect::<Vec<_>>();
    let (first, last) = match (names.len().saturating_sub(some.len()), &some[..]) {
        (0, [first @ .., last]) => (first, last.clone()),
        (more, first) => (first, format!("{more} more")),
    };
    format!("{} and {last}", first.join(", "))
}

/// A person, as the system knows them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub name: Option<String>,
    /// The number that the school gave them.
    pub sid: Option<String>,
    /// Their address.
    pub email: Option<String>,
}

/// A system that numbers accounts in the names of what it exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountSystem {
    /// By a number that a user has in all courses.
    Canvas,
    /// By a number that a participant has in one assignment.
    Moodle,
}

/// An account, as the names in an export tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose number it is.
    pub system: AccountSystem,
    /// The number.
    pub number: String,
    /// The name that stands beside it, in the system's form of it.
    pub name: String,
    /// The name of the folder, as the system gives it and takes it back; empty where it takes none.
    pub folder: String,
}

/// One time that a student handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its name in the instructor's folder, or with the student's folder before it. Safe to print.
    pub name: String,
    /// Where it is, and whether it is a folder or an archive.
    pub source: Source,
    /// Whether the system marked it as late.
    pub is_late: bool,
    /// When it was handed in, where the system says so: `2026-09-24 21:26:00`.
    pub date: Option<String>,
}

/// Something in the folder that is no submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Its name. Safe to print.
    pub name: String,
    /// Why it is none, to follow the name: a sentence without full stop.
    pub why: String,
}
