//! What a batch writes: `batch.json`, `gradebook.csv`, and the summary. All are made from `records/`, one
//! record at a time, so that memory does not grow with the class.
//!
//! Equal records give equal files, to the byte: submissions are in the order of their ids, and nothing
//! that was measured is in them. Reports that show what was measured, as the web page does, have it from beside the records.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
};

use super::{
    accepted::Accepted,
    batch_file::BatchJson,
    changes,
    entries::{Entries, Known},
    output_dir::{self, OutputDir},
    plan::Plan,
    records,
    roster::{Person, Roster},
};
use crate::fault::Fault;
use gradebook::Grade;
use ids::{Digest, ExerciseId, SubmissionId};
use report::{ClassFacts, ClassReport, Entry, Format, Separator, Summary, Truncate};

pub(super) const BATCH: &str = "batch.json";
pub(super) const GRADEBOOK: &str = "gradebook.csv";

/// All that a batch has written, to make reports of it.
#[derive(Debug)]
pub struct Outputs {
    folder: OutputDir,
    plan: Plan,
    roster: Option<Roster>,
    /// The submissions with a record of this batch, in byte order. After a regrading that was stopped, the
    /// folder also holds records of the batch before.
    done: Vec<SubmissionId>,
    /// The fingerprints of their sources, as far as they are known.
    fingerprints: Vec<Option<Digest>>,
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
        let (mut done, mut fingerprints) = (Vec::new(), Vec::new());
        for id in ids {
            if let Some(key) = plan.key_of_done(&folder, &id)? {
                done.push(id);
                fingerprints.push(key.fingerprint);
            }
        }
        Ok(Self {
            folder,
            plan,
            roster,
            done,
            fingerprints,
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
        self.done_of_all().filter(|(done, all)| done < all)
    }

    /// How many records there are and how many there will be, if that is known.
    pub(super) fn done_of_all(&self) -> Option<(usize, usize)> {
        let all = self.roster.as_ref()?.ids.len();
        Some((self.done.len(), all))
    }

    /// What is known of the class as a whole.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn facts(&self) -> Result<ClassFacts, Fault> {
        let mut summary = Summary::of(self.plan.exercise.as_str());
        for (id, fingerprint) in self.done.iter().zip(&self.fingerprints) {
            if let Some(record) = records::read(&self.folder, id)? {
                summary.add(&record, fingerprint.clone());
            }
        }
        self.fill(&mut summary)?;
        let class = self.roster.as_ref().map(Roster::named);
        Ok(ClassFacts {
            exercise: self.plan.exercise.clone(),
            seeds: self.plan.seeds.clone(),
            checks: summary.checks().collect(),
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
        self.write_reports(facts, vec![(format, to)])
    }

    /// Write reports of the class as files of their own have them. Each record is read once for all.
    ///
    /// # Errors
    /// As [`Outputs::write`].
    pub fn write_files(
        &self,
        facts: &ClassFacts,
        mut files: Vec<(Format, &mut dyn Write)>,
    ) -> Result<(), Fault> {
        for (format, to) in &mut files {
            to.write_all(format.mark().as_bytes())
                .map_err(|error| written(&self.folder, &error))?;
        }
        self.write_reports(facts, files)
    }

    fn write_reports(
        &self,
        facts: &ClassFacts,
        reports: Vec<(Format, &mut dyn Write)>,
    ) -> Result<(), Fault> {
        let failed = |error: io::Error| self.fault(error);
        let (mut unmeasured, mut measured) = (Vec::new(), Vec::new());
        for (format, to) in reports {
            if let Some(report) = self.begin(format, facts, to).map_err(failed)? {
                let group = if format.shows_measures() {
                    &mut measured
                } else {
                    &mut unmeasured
                };
                group.push(report);
            }
        }
        let entries = self.entries()?;
        for (at, id) in self.done.iter().enumerate() {
            let is_wanted = |reports: &[Box<dyn ClassReport + '_>]| {
                reports.iter().any(|report| report.wants(id))
            };
            let shows_measures = is_wanted(&measured);
            if !shows_measures && !is_wanted(&unmeasured) {
                continue;
            }
            let Some(mut entry) = entries.unmeasured(at)? else {
                continue;
            };
            add(&mut unmeasured, &entry).map_err(failed)?;
            if shows_measures {
                entries.give_back(&mut entry)?;
                add(&mut measured, &entry).map_err(failed)?;
            }
        }
        let mut all = unmeasured.into_iter().chain(measured);
        all.try_for_each(ClassReport::end).map_err(failed)
    }

    fn entries(&self) -> Result<Entries<'_>, Fault> {
        Entries::of(Known {
            folder: &self.folder,
            roster: self.roster.as_ref(),
            done: &self.done,
            fingerprints: &self.fingerprints,
            places: &self.places,
        })
    }

    /// Begin a report; none if it is complete already.
    fn begin<'t>(
        &self,
        format: Format,
        facts: &'t ClassFacts,
        to: &'t mut dyn Write,
    ) -> io::Result<Option<Box<dyn ClassReport + 't>>> {
        Ok(Some(match format {
            Format::Json => Box::new(BatchJson::begin(&self.plan, self.roster.as_ref(), to)?),
            // A file has no colour.
            Format::Human => {
                let text = facts.summary.human(Truncate::Nothing);
                let plain = anstream::adapter::strip_str(&text).to_string();
                to.write_all(plain.as_bytes())?;
                return Ok(None);
            }
            format => report::class(format, facts, to)?,
        }))
    }

    /// Hand every entry of the class to `visit`, in byte order of the submissions' ids.
    ///
    /// # Errors
    /// A record cannot be read, or `visit` fails.
    pub fn each(&self, visit: &mut dyn FnMut(&Entry) -> Result<(), Fault>) -> Result<(), Fault> {
        let entries = self.entries()?;
        for at in 0..self.done.len() {
            if let Some(mut entry) = entries.unmeasured(at)? {
                entries.give_back(&mut entry)?;
                visit(&entry)?;
            }
        }
        Ok(())
    }

    /// The same without what was measured of the runs.
    ///
    /// # Errors
    /// As [`Outputs::each`].
    pub fn each_unmeasured(
        &self,
        visit: &mut dyn FnMut(Entry) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let entries = self.entries()?;
        for at in 0..self.done.len() {
            if let Some(entry) = entries.unmeasured(at)? {
                visit(entry)?;
            }
        }
        Ok(())
    }

    /// The grades, for the file of another system.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn grades(&self) -> Result<Vec<Grade>, Fault> {
        let accounts = self.roster.as_ref().map(|roster| &roster.accounts);
        let mut grades = Vec::new();
        for id in &self.done {
            let Some(record) = records::read(&self.folder, id)? else {
                continue;
            };
            grades.push(Grade {
                people: self.people(id),
                account: accounts
                    .and_then(|accounts| accounts.get(id))
                    .map(Into::into),
                points: record.score.map(|score| (score.earned, score.possible)),
                submission: id.clone(),
            });
        }
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

    /// The fault inside an error of a report, or the failure to write.
    fn fault(&self, error: io::Error) -> Fault {
        match error.downcast::<Fault>() {
            Ok(fault) => fault,
            Err(error) => written(&self.folder, &error),
        }
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
        let facts = self.facts()?;
        let always = [(Format::Json, BATCH), (Format::Csv, GRADEBOOK)];
        let also = formats.iter().map(|format| (*format, format.file_name()));
        let files = always.into_iter().chain(also);
        let files = files.map(|(format, name)| Ok::<_, Fault>((format, self.folder.begin(name)?)));
        let mut files = files.collect::<Result<Vec<_>, _>>()?;
        let targets = files.iter_mut();
        let targets = targets.map(|(format, file)| (*format, file as &mut dyn Write));
        self.write_files(&facts, targets.collect())?;
        let mut files = files.into_iter();
        files.try_for_each(|(_, file)| file.keep())?;
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

/// Add an entry to those of the reports that want it.
fn add(reports: &mut [Box<dyn ClassReport + '_>], entry: &Entry) -> io::Result<()> {
    let id = &entry.record.submission.id;
    let mut wanting = reports.iter_mut().filter(|report| report.wants(id));
    wanting.try_for_each(|report| report.add(entry))
}

fn written(folder: &OutputDir, error: &io::Error) -> Fault {
    output_dir::failed("write the outputs of", folder.root(), error)
}
