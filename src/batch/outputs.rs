//! What a batch writes: `batch.json`, `gradebook.csv`, and the summary. All are made from `records/`, one
//! record at a time, so that memory does not grow with the class.
//!
//! Equal records give equal files, to the byte: submissions are in the order of their ids, and nothing
//! that was measured is in them. Reports that show what was measured, as the web page does, have it from beside the records.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    path::Path,
};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    accepted::Accepted,
    changes,
    key::Key,
    output_dir::{self, OutputDir},
    plan::Plan,
    records,
    roster::{Class, Person, Roster},
    usage::Measured,
};
use crate::fault::Fault;
use gradebook::Grade;
use ids::{CheckId, ExerciseId, Seed, SubmissionId};
use judge::record::Record;
use report::{ClassFacts, Entries, Entry, Format, Separator, Summary, Truncate};

pub(super) const BATCH: &str = "batch.json";
pub(super) const GRADEBOOK: &str = "gradebook.csv";

/// The schema's name and number.
pub const SCHEMA: &str = "grade-batch/1";

/// All records of a batch. Written by hand, so that they need not be in memory; this is its form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "grade-batch/1"))]
pub struct BatchFile {
    /// Always `grade-batch/1`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^grade-batch/1$")))]
    pub schema: String,
    /// The exercise.
    pub exercise: ExerciseId,
    /// On which data everybody was graded.
    pub seeds: Vec<Seed>,
    /// What was found in the class's folder; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// One entry a submission, in byte order of their ids.
    pub records: Vec<Record>,
}

/// The published JSON Schema of [`BatchFile`], as text.
#[cfg(feature = "schema")]
#[must_use]
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(BatchFile);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// All that a batch has written, to make reports of it.
#[derive(Debug)]
pub struct Outputs {
    folder: OutputDir,
    plan: Plan,
    roster: Option<Roster>,
    /// The submissions with a record of this batch, in byte order. After a regrading that was stopped, the
    /// folder also holds records of the batch before.
    done: Vec<SubmissionId>,
    /// Where submissions are in a repository, if they are of one.
    places: BTreeMap<SubmissionId, String>,
    separator: Separator,
}

impl Outputs {
    /// Open the folder of a batch that was made before, complete or not.
    ///
    /// # Errors
    /// There is no batch in it.
    pub fn open(root: &Path) -> Result<Self, Fault> {
        let folder = OutputDir::read_only(root)?;
        let plan = Plan::read(&folder)?.ok_or_else(|| {
            let message = format!(
                "failed to find the seeds of the batch in `{}`",
                root.display()
            );
            Fault::usage(message).hint("grade once more into this folder")
        })?;
        let roster = Roster::read(&folder)?;
        Self::new(folder, plan, roster)
    }

    /// The outputs of the batch that holds the lock of `folder`.
    pub(super) fn of(folder: OutputDir, plan: Plan, roster: Roster) -> Result<Self, Fault> {
        Self::new(folder, plan, Some(roster))
    }

    fn new(folder: OutputDir, plan: Plan, roster: Option<Roster>) -> Result<Self, Fault> {
        let ids = match &roster {
            Some(roster) => roster.ids.clone(),
            None => records::ids(&folder)?,
        };
        let mut done = Vec::new();
        for id in ids {
            if plan.is_done(&folder, &id)? {
                done.push(id);
            }
        }
        Ok(Self {
            folder,
            plan,
            roster,
            done,
            places: BTreeMap::new(),
            separator: Separator::default(),
        })
    }

    /// Let a list of the class say who handed in, in the reports that are made from now on.
    ///
    /// # Errors
    /// The folder does not say who is in the class, or the list names nobody of whom there is a submission.
    pub fn assign(&mut self, list: &gradebook::Roster) -> Result<(), Fault> {
        let Some(roster) = &mut self.roster else {
            let message = format!(
                "failed to find the class of the batch in `{}`",
                self.folder.root().display()
            );
            return Err(Fault::usage(message).hint("grade once more into this folder"));
        };
        let assigned = roster.assign(list);
        assigned.map_err(|nobody| nobody.fault(self.folder.root()))
    }

    /// The same, where each submission is in this folder of a repository, for the reports that name places in it.
    #[must_use]
    pub fn placed(mut self, places: BTreeMap<SubmissionId, String>) -> Self {
        self.places = places;
        self
    }

    /// The same, with another separator in the gradebook.
    #[must_use]
    pub fn separated_by(mut self, separator: Separator) -> Self {
        self.separator = separator;
        self
    }

    /// How many records there are and how many there will be, if that is more.
    #[must_use]
    pub fn so_far(&self) -> Option<(usize, usize)> {
        let all = self.roster.as_ref()?.ids.len();
        (self.done.len() < all).then_some((self.done.len(), all))
    }

    /// Hand every record of the class to `each`, in order.
    fn each_record(&self, mut each: impl FnMut(Record) -> Result<(), Fault>) -> Result<(), Fault> {
        for id in &self.done {
            if let Some(record) = records::read(&self.folder, id)? {
                each(record)?;
            }
        }
        Ok(())
    }

    /// What is known of the class as a whole.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn facts(&self) -> Result<ClassFacts, Fault> {
        let mut checks: BTreeSet<CheckId> = BTreeSet::new();
        let mut summary = Summary::default();
        self.each_record(|record| {
            checks.extend(record.checks.iter().map(|check| check.id));
            let key = Key::read(&self.folder, &record.submission.id)?;
            summary.add(&record, key.and_then(|key| key.fingerprint));
            Ok(())
        })?;
        self.fill(&mut summary)?;
        let class = self.roster.as_ref().map(Roster::named);
        Ok(ClassFacts {
            exercise: self.plan.exercise.clone(),
            seeds: self.plan.seeds.clone(),
            checks: checks.into_iter().collect(),
            has_people: class.is_some_and(|class| !class.people.is_empty()),
            separator: self.separator,
            summary,
        })
    }

    /// Write a report of the class to `to`, in any format that is for a class.
    ///
    /// # Errors
    /// A record cannot be read, or `to` not be written.
    pub fn write(
        &self,
        format: Format,
        facts: &ClassFacts,
        to: &mut dyn Write,
    ) -> Result<(), Fault> {
        match format {
            Format::Json => self.batch(to),
            // A file has no colour.
            Format::Human => {
                let text = facts.summary.human(Truncate::Nothing);
                let plain = anstream::adapter::strip_str(&text).to_string();
                to.write_all(plain.as_bytes())
                    .map_err(|error| written(&self.folder, &error))
            }
            format => report::class(format, facts, self, to).map_err(|error| self.fault(error)),
        }
    }

    /// Write a report of the class as a file of its own has it.
    ///
    /// # Errors
    /// As [`Outputs::write`].
    pub fn write_file(
        &self,
        format: Format,
        facts: &ClassFacts,
        to: &mut dyn Write,
    ) -> Result<(), Fault> {
        to.write_all(format.mark().as_bytes())
            .map_err(|error| written(&self.folder, &error))?;
        self.write(format, facts, to)
    }

    /// The grades, for the file of another system.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn grades(&self) -> Result<Vec<Grade>, Fault> {
        let accounts = self.roster.as_ref().map(|roster| &roster.accounts);
        let mut grades = Vec::new();
        self.each_record(|record| {
            let id = record.submission.id;
            grades.push(Grade {
                people: self.people(&id),
                account: accounts
                    .and_then(|accounts| accounts.get(&id))
                    .map(Into::into),
                points: record.score.map(|score| (score.earned, score.possible)),
                submission: id,
            });
            Ok(())
        })?;
        Ok(grades)
    }

    /// Whether a path is in the folder of the batch.
    #[must_use]
    pub fn holds(&self, path: &Path) -> bool {
        output_dir::lies_in(path, self.folder.root())
    }

    /// Whose records there are.
    #[must_use]
    pub fn ids(&self) -> &[SubmissionId] {
        &self.done
    }

    /// The exercise of the batch.
    #[must_use]
    pub fn exercise(&self) -> &ExerciseId {
        &self.plan.exercise
    }

    /// The folder in which the system that exported the class takes back what is for the student of a submission.
    #[must_use]
    pub fn folder_of(&self, id: &SubmissionId) -> Option<&str> {
        let account = self.roster.as_ref()?.accounts.get(id)?;
        Some(&*account.folder).filter(|folder| !folder.is_empty())
    }

    /// Who handed in a submission.
    fn people(&self, id: &SubmissionId) -> Vec<report::Person> {
        let class = self.roster.as_ref().map(|roster| &roster.class);
        let people = class.and_then(|class| class.people.get(id));
        people.into_iter().flatten().map(Into::into).collect()
    }

    /// The fault inside an error that [`Entries::each`] returned, or the failure to write.
    fn fault(&self, error: io::Error) -> Fault {
        match error.downcast::<Fault>() {
            Ok(fault) => fault,
            Err(error) => written(&self.folder, &error),
        }
    }

    /// Write `batch.json` to `to`: all records as one JSON object, one record a line.
    ///
    /// # Errors
    /// A record cannot be read, or `to` not be written.
    pub fn batch(&self, to: &mut dyn Write) -> Result<(), Fault> {
        let failed = |error: io::Error| written(&self.folder, &error);
        write!(to, "{{").map_err(failed)?;
        let mut field = |name: &str, value: serde_json::Result<String>| {
            let value = value.map_err(|error| failed(error.into()))?;
            write!(to, "\n\"{name}\": {value},").map_err(failed)
        };
        field("schema", report::json_line(&SCHEMA))?;
        field("exercise", report::json_line(&self.plan.exercise))?;
        field("seeds", report::json_line(&self.plan.seeds))?;
        if let Some(roster) = &self.roster {
            field("class", report::json_line(&roster.named()))?;
        }
        write!(to, "\n\"records\": [").map_err(failed)?;
        let mut separator = "\n";
        self.each_record(|record| {
            let record = report::json_line(&record).map_err(|error| failed(error.into()))?;
            write!(to, "{separator}{record}").map_err(failed)?;
            separator = ",\n";
            Ok(())
        })?;
        to.write_all(b"\n]\n}\n").map_err(failed)
    }

    /// The summary of the class.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn summary(&self) -> Result<Summary, Fault> {
        self.facts().map(|facts| facts.summary)
    }

    /// Add to a summary what no record says.
    fn fill(&self, summary: &mut Summary) -> Result<(), Fault> {
        let accepted = Accepted::read(&self.folder)?;
        if let Some(roster) = &self.roster {
            summary.class = Some(roster.ids.len());
            summary.changes = changes::since(&self.folder, &accepted, roster, &self.done)?;
            let class = &roster.class;
            summary.attempts = class
                .attempts
                .iter()
                .map(|(id, all)| {
                    let names = all.iter().map(|one| (one.name.clone(), one.late));
                    (id.clone(), names.collect())
                })
                .collect();
            summary.without.clone_from(&class.without);
            summary.absent.clone_from(&class.absent);
            summary.unlisted.clone_from(&class.unlisted);
            summary.doubtful.clone_from(&class.doubtful);
            let together = class.people.iter().map(|(id, people)| {
                let signs = people.iter().flat_map(Person::signs).collect();
                (id.clone(), signs)
            });
            summary.together = together.collect();
            let told_apart = class.told_apart.iter();
            summary.told_apart = told_apart.map(|one| one.words.clone()).collect();
            let ignored = class.ignored.iter();
            summary.ignored = ignored
                .map(|one| (one.name.clone(), one.why.clone()))
                .collect();
        }
        Ok(())
    }

    /// Write the files that every batch writes, and these reports besides. Returns how the class did.
    pub(super) fn write_all(&self, formats: &[Format]) -> Result<Summary, Fault> {
        through(&self.folder, BATCH, |to| self.batch(to))?;
        let facts = self.facts()?;
        through(&self.folder, GRADEBOOK, |to| {
            self.write_file(Format::Csv, &facts, to)
        })?;
        for format in formats {
            through(&self.folder, format.file_name(), |to| {
                self.write_file(*format, &facts, to)
            })?;
        }
        Ok(facts.summary)
    }

    /// The batch is complete; accept its grades if that is wanted.
    pub(super) fn complete(mut self, accepted: Accepted, accept: bool) -> Result<(), Fault> {
        if let Some(roster) = &self.roster {
            accepted.complete(&self.folder, roster, accept)?;
        }
        self.plan.complete(&self.folder)
    }
}

impl Entries for Outputs {
    fn each(&self, visit: &mut dyn FnMut(&Entry) -> io::Result<()>) -> io::Result<()> {
        let class = self.roster.as_ref().map(Roster::named);
        let others = self.roster.as_ref().map(Roster::others);
        let others = others.unwrap_or_default();
        let measured = Measured::of(&self.folder).map_err(io::Error::other)?;
        for id in &self.done {
            let read = || -> Result<Option<Entry>, Fault> {
                let Some(mut record) = records::read(&self.folder, id)? else {
                    return Ok(None);
                };
                measured.give_back(&mut record)?;
                let key = Key::read(&self.folder, id)?;
                let people = class.as_ref().and_then(|class| class.people.get(id));
                let people = people.into_iter().flatten().enumerate();
                let people = people.map(|(at, person)| report::Person {
                    others: others.get(&(id, at)).cloned().unwrap_or_default(),
                    ..person.into()
                });
                Ok(Some(Entry {
                    record,
                    handed_in: class.as_ref().map(|class| class.handed_in(id)),
                    people: people.collect(),
                    fingerprint: key.and_then(|key| key.fingerprint),
                    folder: self.places.get(id).cloned(),
                }))
            };
            if let Some(entry) = read().map_err(io::Error::other)? {
                visit(&entry)?;
            }
        }
        Ok(())
    }
}

/// Write a file of the folder atomically. A fault of `write` is returned as it is.
fn through(
    folder: &OutputDir,
    name: &str,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut write_fault = None;
    let streamed = folder.write_with(name, |to| {
        write(to).map_err(|fault| {
            let error = io::Error::other(fault.to_string());
            write_fault = Some(fault);
            error
        })
    });
    write_fault.map_or(streamed, Err)
}

fn written(folder: &OutputDir, error: &io::Error) -> Fault {
    output_dir::failed("write the outputs of", folder.root(), error)
}
