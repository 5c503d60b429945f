//! The submissions of the class, kept in the output folder: which records count, which students handed in
//! several times or late, and which files are no submission.
//!
//! The file is written before the first submission is graded, so that a report can be made of a batch that
//! was stopped. A damaged file counts as missing and is written again. Never names the class's folder, which
//! may be renamed.

use std::{collections::BTreeMap, path::Path};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    members::Members,
    output_dir::OutputDir,
    records::{self, json},
};
use crate::fault::Fault;
use gradebook::Handed;
use ids::{SubmissionId, words::count};
use report::HandedIn;

const FILE: &str = "class.json";
const SCHEMA: &str = "grade-class/1";

/// What was found in the class's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Class {
    /// How many submissions there are. There are fewer records while a batch is under way.
    pub size: usize,
    /// Who handed in several times, or late, or has a name that an id cannot spell or that is told apart from
    /// another one by a digest: all attempts by their
    /// names in the class's folder, the last one, which counts, last.
    pub attempts: BTreeMap<SubmissionId, Vec<Attempt>>,
    /// Who handed in, where the exporting system or a list of the class says so: several people of a group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub people: BTreeMap<SubmissionId, Vec<Person>>,
    /// Whose ids have a digest, because names are nearly the same or too long.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told_apart: Vec<ToldApart>,
    /// What is no submission, in byte order of the names.
    pub ignored: Vec<Ignored>,
    /// Who handed in work on other exercises, and nothing for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<SubmissionId>,
    /// Who is on the list of the class and has no submission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
    /// The submissions of nobody on the list of the class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<SubmissionId>,
    /// Whose submissions are not certain, by the list of the class: a sentence each, without full stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubtful: Vec<String>,
}

/// A person, as the exporting system knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Person {
    /// The number that the school gave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Their login: on GitHub, or at the school.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The group that hands in together, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl From<&Person> for report::Person {
    fn from(person: &Person) -> Self {
        Self {
            sid: person.sid.clone().unwrap_or_default(),
            name: person.name.clone().unwrap_or_default(),
            email: person.email.clone().unwrap_or_default(),
            login: person.login.clone().unwrap_or_default(),
            group: person.group.clone().unwrap_or_default(),
            others: Vec::new(),
        }
    }
}

impl Person {
    /// What this person and nobody else has, and the group that hands in together.
    pub(super) fn signs(&self) -> impl Iterator<Item = String> {
        let Self {
            sid,
            email,
            login,
            group,
            ..
        } = self;
        let signs = [
            ("sid", sid),
            ("email", email),
            ("login", login),
            ("group", group),
        ];
        let signs = signs.into_iter();
        signs.filter_map(|(kind, text)| Some(format!("{kind} {}", text.as_ref()?)))
    }
}

impl From<report::Person> for Person {
    fn from(person: report::Person) -> Self {
        let known = |text: String| (!text.is_empty()).then_some(text);
        Self {
            sid: known(person.sid),
            name: known(person.name),
            email: known(person.email),
            login: known(person.login),
            group: known(person.group),
        }
    }
}

/// One time that a student handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Attempt {
    /// Its name.
    pub name: String,
    /// Whether it was marked as late.
    pub late: bool,
}

/// Students of nearly the same name, or one whose name is too long for an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct ToldApart {
    /// Their ids.
    pub ids: Vec<SubmissionId>,
    /// Whose they are: a sentence without full stop.
    pub words: String,
}

/// Something in the folder that is no submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Ignored {
    /// Its name.
    pub name: String,
    /// Why it is none, to follow the name.
    pub why: String,
}

impl Class {
    /// How a student handed in.
    pub(super) fn handed_in(&self, id: &SubmissionId) -> HandedIn {
        let attempts = self.attempts.get(id).map_or(&[][..], Vec::as_slice);
        HandedIn {
            attempts: attempts.len().max(1),
            is_late: attempts.last().is_some_and(|last| last.late),
        }
    }
}

/// The class, and the ids of its submissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Roster {
    schema: String,
    /// All ids, in byte order.
    pub(super) ids: Vec<SubmissionId>,
    pub(super) class: Class,
    /// From which accounts submissions were downloaded, where the names in the class's folder tell.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) accounts: BTreeMap<SubmissionId, Account>,
    /// Who handed in as the exporting system says, where a list of the class says it otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exported: Option<BTreeMap<SubmissionId, Vec<Person>>>,
}

/// An account of the system that exported the class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    system: System,
    number: String,
    name: String,
    /// The folder in which the system takes back what is for this student.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) folder: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum System {
    Canvas,
    Moodle,
}

impl From<&intake::Account> for Account {
    fn from(account: &intake::Account) -> Self {
        Self {
            system: match account.system {
                intake::AccountSystem::Canvas => System::Canvas,
                intake::AccountSystem::Moodle => System::Moodle,
            },
            number: account.number.clone(),
            name: account.name.clone(),
            folder: account.folder.clone(),
        }
    }
}

impl Account {
    /// The whole name of the person, where the system writes it out. Canvas writes it in one small word.
    fn full_name(&self) -> Option<&str> {
        let is_whole = self.system == System::Moodle && !self.name.is_empty();
        is_whole.then_some(&*self.name)
    }
}

/// The class, where a list may say whose each submission is.
pub(super) fn roster_of(
    members: &Members,
    list: Option<&gradebook::Roster>,
    dir: &Path,
) -> Result<Roster, Fault> {
    let mut roster = Roster::new(members);
    if let Some(list) = list {
        roster.assign(list).map_err(|nobody| nobody.fault(dir))?;
    }
    Ok(roster)
}

/// The entries of submissions that `belongs` takes.
fn only<T: Clone>(
    all: &BTreeMap<SubmissionId, T>,
    belongs: impl Fn(&SubmissionId) -> bool,
) -> BTreeMap<SubmissionId, T> {
    let some = all.iter().filter(|(id, _)| belongs(id));
    some.map(|(id, value)| (id.clone(), value.clone()))
        .collect()
}

/// A list of the class names nobody who handed in.
#[derive(Debug)]
pub(super) struct NobodyInCommon {
    ids: Vec<SubmissionId>,
    example: String,
}

impl NobodyInCommon {
    /// The fault, for the folder of the class or of its grades.
    pub(super) fn fault(&self, dir: &Path) -> Fault {
        let message = format!(
            "failed to find anybody of `{}` on the list of the class",
            dir.display()
        );
        let such = self
            .ids
            .first()
            .map_or_else(String::new, |id| format!(", such as `{id}`"));
        let submissions = match self.ids.len() {
            1 => "its submission".to_owned(),
            many => format!("its {many} submissions"),
        };
        Fault::usage(message)
            .because(format!(
                "nobody on it handed in {submissions}{such}; the first person on it has {}",
                self.example
            ))
            .hint(
                "name the list of this class with `--roster FILE`, or give it a column `submission` with these ids",
            )
    }
}

impl From<&Account> for gradebook::Account {
    fn from(account: &Account) -> Self {
        Self {
            system: match account.system {
                System::Canvas => gradebook::System::Canvas,
                System::Moodle => gradebook::System::Moodle,
            },
            number: account.number.clone(),
            name: account.name.clone(),
        }
    }
}

impl Roster {
    /// Whether a list of the class says who handed in.
    pub(super) fn has_list(&self) -> bool {
        self.exported.is_some()
    }

    pub(super) fn new(members: &Members) -> Self {
        let found = &members.class;
        let attempts = found.submissions.iter().filter_map(|found| {
            let is_plain =
                !found.is_told_apart && matches!(&found.attempts[..], [only] if !only.is_late && SubmissionId::can_spell(&only.name));
            let attempts = found.attempts.iter().map(|attempt| Attempt {
                name: attempt.name.clone(),
                late: attempt.is_late,
            });
            (!is_plain).then(|| (found.id.clone(), attempts.collect()))
        });
        let people = found
            .submissions
            .iter()
            .filter(|found| !found.people.is_empty());
        let people = people.map(|found| {
            let people = found.people.iter().map(|person| Person {
                sid: person.sid.clone(),
                name: person.name.clone(),
                email: person.email.clone(),
                login: None,
                group: None,
            });
            (found.id.clone(), people.collect())
        });
        let told_apart = found.told_apart.iter().map(|one| ToldApart {
            ids: one.ids.clone(),
            words: one.words.clone(),
        });
        let ignored = found.ignored.iter().map(|ignored| Ignored {
            name: ignored.name.clone(),
            why: ignored.why.clone(),
        });
        let accounts = found.submissions.iter().filter_map(|found| {
            let account = found.account.as_ref()?;
            Some((found.id.clone(), account.into()))
        });
        Self {
            schema: SCHEMA.to_owned(),
            accounts: accounts.collect(),
            exported: None,
            ids: found
                .submissions
                .iter()
                .map(|found| found.id.clone())
                .collect(),
            class: Class {
                size: found.submissions.len(),
                attempts: attempts.collect(),
                people: people.collect(),
                told_apart: told_apart.collect(),
                ignored: ignored.collect(),
                without: members.without.clone(),
                absent: Vec::new(),
                unlisted: Vec::new(),
                doubtful: Vec::new(),
            },
        }
    }

    /// The part of the class whose ids `belongs` takes. What is known of people without a submission, and of names that
    /// are no submission, is of the whole class and stays out.
    pub(super) fn part(&self, belongs: impl Fn(&SubmissionId) -> bool) -> Self {
        let Class {
            size: _,
            attempts,
            people,
            told_apart,
            ignored: _,
            without: _,
            absent: _,
            unlisted,
            doubtful: _,
        } = &self.class;
        let ids: Vec<_> = self.ids.iter().filter(|id| belongs(id)).cloned().collect();
        if ids.len() == self.ids.len() {
            return self.clone();
        }
        Self {
            schema: self.schema.clone(),
            accounts: only(&self.accounts, &belongs),
            exported: self.exported.as_ref().map(|people| only(people, &belongs)),
            class: Class {
                size: ids.len(),
                attempts: only(attempts, &belongs),
                people: only(people, &belongs),
                told_apart: told_apart
                    .iter()
                    .filter(|one| one.ids.iter().any(&belongs))
                    .cloned()
                    .collect(),
                ignored: Vec::new(),
                without: Vec::new(),
                absent: Vec::new(),
                unlisted: unlisted.iter().filter(|id| belongs(id)).cloned().collect(),
                doubtful: Vec::new(),
            },
            ids,
        }
    }

    /// Let a list of the class say who handed in, in the place of an earlier list.
    ///
    /// # Errors
    /// It names nobody of whom there is a submission.
    pub(super) fn assign(&mut self, list: &gradebook::Roster) -> Result<(), NobodyInCommon> {
        let exported = self
            .exported
            .get_or_insert_with(|| self.class.people.clone());
        let people = exported.iter();
        let people = people.map(|(id, people)| (id, people.iter().map(Into::into).collect()));
        let people: BTreeMap<_, Vec<report::Person>> = people.collect();
        let handed = self.ids.iter().map(|id| {
            let account = self.accounts.get(id);
            let handed = Handed {
                people: people.get(id).map_or(&[], Vec::as_slice),
                number: account.map_or("", |account| &account.number),
                name: account.map_or("", |account| &account.name),
            };
            (id.clone(), handed)
        });
        let assigned = list.assign(&handed.collect());
        if assigned.people.is_empty() && assigned.doubtful.is_empty() {
            return Err(NobodyInCommon {
                ids: self.ids.clone(),
                example: list.example(),
            });
        }
        self.class.people.clone_from(exported);
        for (id, people) in assigned.people {
            let people = people.into_iter().map(Person::from).collect();
            self.class.people.insert(id, people);
        }
        self.class.absent = assigned.absent;
        self.class.unlisted = assigned.unlisted;
        self.class.doubtful = assigned.doubtful;
        Ok(())
    }

    /// The class for a report, where a person is also known by the name alone that the export gives an account.
    pub(super) fn named(&self) -> Class {
        let mut class = self.class.clone();
        for (id, account) in &self.accounts {
            if let Some(name) = account.full_name() {
                let person = Person {
                    name: Some(name.to_owned()),
                    ..Person::default()
                };
                class
                    .people
                    .entry(id.clone())
                    .or_insert_with(|| vec![person]);
            }
        }
        class
    }

    /// The other submissions of each person who is in several, by the submission and the place among its people.
    pub(super) fn others(&self) -> BTreeMap<(&SubmissionId, usize), Vec<SubmissionId>> {
        let mut of = BTreeMap::<&Person, Vec<(&SubmissionId, usize)>>::new();
        for (id, people) in &self.class.people {
            for (at, person) in people.iter().enumerate() {
                // Namesakes are not one person, unless a list of the class told them apart.
                if self.exported.is_some() || person.signs().next().is_some() {
                    of.entry(person).or_default().push((id, at));
                }
            }
        }
        let mut others = BTreeMap::new();
        for places in of.values().filter(|places| places.len() > 1) {
            for (id, at) in places {
                let rest = places.iter().filter(|(other, _)| other != id);
                let rest = rest.map(|(other, _)| (*other).clone());
                others.insert((*id, *at), rest.collect());
            }
        }
        others
    }

    /// The class of the last batch in this folder, if it is known.
    pub(super) fn read(folder: &OutputDir) -> Result<Option<Self>, Fault> {
        let bytes = folder.read(FILE)?.unwrap_or_default();
        let roster = serde_json::from_slice::<Self>(&bytes).ok();
        Ok(roster.filter(Self::is_sound))
    }

    /// Whether it is as this program writes it.
    pub(super) fn is_sound(&self) -> bool {
        self.schema == SCHEMA && self.ids.is_sorted()
    }

    /// Keep it, for reports and for the next batch. A folder with the grades of another class is refused: the
    /// batch would remove them.
    pub(super) fn keep(&self, folder: &OutputDir, dir: &Path) -> Result<(), Fault> {
        let earlier = match Self::read(folder)? {
            Some(roster) => roster.ids,
            None => records::ids(folder)?,
        };
        self.check_continues(&earlier, folder.root(), dir)?;
        self.write(folder)
    }

    /// Keep it, for reports.
    pub(super) fn write(&self, folder: &OutputDir) -> Result<(), Fault> {
        folder.write(FILE, &json(self)?)
    }

    /// Refuse the class in `dir` where another one had its place: no submission of the `earlier` ones is in it.
    pub(super) fn check_continues(
        &self,
        earlier: &[SubmissionId],
        place: &Path,
        dir: &Path,
    ) -> Result<(), Fault> {
        let Some(first) = earlier.first() else {
            return Ok(());
        };
        if earlier.iter().any(|id| self.has(id)) {
            return Ok(());
        }
        let message = format!(
            "failed to use `{}` for `{}`: it is of another class",
            place.display(),
            dir.display()
        );
        let cause = format!(
            "none of its {} is in this one, such as `{first}`",
            count(earlier.len(), "submission")
        );
        Err(Fault::usage(message).because(cause).hint(
            "choose another place with `--out`, or remove this one if its grades are not needed",
        ))
    }

    pub(super) fn has(&self, id: &SubmissionId) -> bool {
        self.ids.binary_search(id).is_ok()
    }
}
