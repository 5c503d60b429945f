//! `grade batch --all DIR`: a class over all exercises of the course.
//!
//! Each exercise is a batch of its own, in a folder of the output folder, so that what holds for one batch holds here: it
//! may be stopped at any moment, and the same command continues. Where the folder of the class has a folder with the name
//! of an exercise, that one is the class of this exercise. Otherwise each submission may have a crate for each exercise,
//! and whoever has none for one handed in nothing for it.
//!
//! An exercise whose reference fails here stops no other exercise. Never holds more than one record in memory.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    app::App,
    exit_code::ExitCode,
    output::{ReportFile, print_bytes, quoted},
    task::BatchAll,
};
use crate::{
    batch::{self, Members, Outputs},
    course::Exercise,
    fault::{Fault, FaultKind},
};
use ids::{
    ExerciseId, SubmissionId,
    words::{count, nearest},
};
use report::{Across, Cell, Column, Format, Person, Row};

/// The points of everybody in every exercise.
const GRADES: &str = "grades.csv";

/// An exercise, and its class.
struct Part<'a> {
    exercise: &'a Exercise,
    class: PathBuf,
    members: Members,
    /// Whether its batch is complete.
    is_done: bool,
}

impl App {
    pub(super) fn batch_all(&self, task: &BatchAll) -> Result<ExitCode, Fault> {
        if batch::is_of_batch(&task.out) {
            let message = format!("failed to use `{}`", task.out.display());
            return Err(Fault::usage(message)
                .because("it has the grades of one exercise")
                .hint("choose another folder with `--out DIR`"));
        }
        let (mut parts, among) = self.waiting("finding the submissions", || self.parts_of(task))?;
        if task.list {
            return self.list_all(task, parts);
        }
        for (folder, flag) in [
            (Some(&task.out), "--out"),
            (task.feedback.as_ref(), "--feedback"),
        ] {
            if let Some(folder) = folder.filter(|folder| batch::lies_in(folder, &task.class)) {
                let message = format!("failed to write into `{}`", folder.display());
                return Err(Fault::usage(message)
                    .because("it is among the submissions")
                    .hint(format!("choose another folder with `{flag} DIR`")));
            }
        }
        let mut code = ExitCode::Passed;
        let of = parts.len();
        for (number, part) in (1..).zip(&mut parts) {
            let id = &part.exercise.id;
            if part.members.handed_in().next().is_none() {
                self.say(
                    task,
                    &format!("{id} ({number} of {of}): nobody handed in anything"),
                );
                continue;
            }
            self.say(task, &format!("{id} ({number} of {of})"));
            let batch = task.of(part.exercise, part.class.clone(), among.clone());
            match self.grade_class(batch) {
                Ok(outcome) => {
                    code = code.or_worse(ExitCode::of_summary(&outcome.summary));
                    part.is_done = true;
                    if !task.quiet && !outcome.summary.changes.is_empty() && !task.accepts() {
                        let changed = count(outcome.summary.changes.len(), "grade");
                        self.output.note(&format!(
                            "{id}: {changed} changed; see `grade report {}`",
                            quoted(&task.shown_out.join(id.as_str()))
                        ));
                    }
                }
                // The others do not depend on it.
                Err(fault) if fault.kind == FaultKind::Reference => {
                    self.output.fault(&fault);
                    code = code.or_worse(ExitCode::Reference);
                }
                Err(fault) => return Err(fault),
            }
        }
        let across = across(task, &parts)?;
        self.write_all(task, &across)?;
        Ok(code.unless_student(task.exit_zero))
    }

    /// The exercises with their classes, and those of which each submission may have crates.
    fn parts_of<'a>(&self, task: &'a BatchAll) -> Result<(Vec<Part<'a>>, Vec<ExerciseId>), Fault> {
        let own = |exercise: &Exercise| task.class.join(exercise.id.as_str());
        let of_folders: Vec<_> = task
            .exercises
            .iter()
            .filter(|exercise| own(exercise).is_dir())
            .collect();
        let (exercises, among) = if of_folders.is_empty() {
            let among = task.exercises.iter().map(|exercise| exercise.id.clone());
            (task.exercises.iter().collect(), among.collect())
        } else {
            for name in others(&task.class, &of_folders) {
                let meant = nearest(
                    &name,
                    task.exercises.iter().map(|exercise| exercise.id.as_str()),
                );
                let meant = meant.map_or_else(String::new, |id| format!("; did you mean `{id}`?"));
                self.output.note(&format!(
                    "left alone, because no exercise has this name: {name}{meant}"
                ));
            }
            (of_folders, Vec::new())
        };
        let part = |exercise: &'a Exercise| {
            let class = if among.is_empty() {
                own(exercise)
            } else {
                task.class.clone()
            };
            let members = Members::find(
                exercise,
                &task.settings,
                &class,
                task.names.as_ref(),
                &among,
            )?;
            Ok(Part {
                exercise,
                class,
                members,
                is_done: false,
            })
        };
        let parts = exercises.into_iter().map(part);
        Ok((parts.collect::<Result<_, Fault>>()?, among))
    }

    fn list_all(&self, task: &BatchAll, parts: Vec<Part<'_>>) -> Result<ExitCode, Fault> {
        let roster = task.roster.as_deref();
        let roster = roster.map(|file| self.read_roster(file)).transpose()?;
        for part in parts {
            let listing = batch::list(part.members, &part.class, roster.as_ref())?;
            let text = format!("{}\n{}\n", part.exercise.id, listing.human());
            self.output.report(&text)?;
        }
        Ok(ExitCode::Passed)
    }

    fn say(&self, task: &BatchAll, text: &str) {
        if !task.quiet {
            self.output.note(text);
        }
    }

    /// Write the table and the page into the output folder, and print what was asked for.
    fn write_all(&self, task: &BatchAll, across: &Across) -> Result<(), Fault> {
        // Nobody handed in anything at all, so there is no batch that made it.
        fs::create_dir_all(&task.out).map_err(|error| {
            Fault::io(FaultKind::Usage, "make the folder", &task.out, &error)
                .hint("name a folder that is yours to write to with `--out DIR`")
        })?;
        let csv = across.csv(task.separator);
        let marked = Format::Csv.mark().to_owned() + &csv;
        ReportFile::open(&task.out.join(GRADES))?.finish(&marked)?;
        let page = ReportFile::open(&task.out.join(Format::Html.file_name()))?;
        page.finish(&across.html())?;
        match task.format {
            Format::Csv => print_bytes(csv.as_bytes()),
            _ if task.quiet => Ok(()),
            _ => {
                let out = report::escape_line(&task.shown_out.to_string_lossy());
                let end = format!("\n{GRADES} and {} are in {out}\n", Format::Html.file_name());
                self.output.report(&(across.human() + &end))
            }
        }
    }
}

/// The folders of a class over all exercises that have the grades of one exercise each, in the order of their names.
pub(super) fn parts_in(out: &Path) -> Vec<String> {
    let entries = fs::read_dir(out).into_iter().flatten().flatten();
    let parts = entries.filter(|entry| batch::is_of_batch(&entry.path()));
    let mut names: Vec<_> = parts
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The folders of a class that have the name of no exercise.
fn others(class: &Path, exercises: &[&Exercise]) -> Vec<String> {
    let entries = fs::read_dir(class).into_iter().flatten().flatten();
    let names = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .filter(|name| {
            !exercises
                .iter()
                .any(|exercise| exercise.id.as_str() == name)
        });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// The points of everybody, from the records.
fn across(task: &BatchAll, parts: &[Part<'_>]) -> Result<Across, Fault> {
    let mut rows = BTreeMap::<SubmissionId, (Vec<Person>, Vec<Cell>)>::new();
    let everybody = parts.iter().flat_map(|part| {
        let without = part.members.without().iter();
        part.members.handed_in().chain(without)
    });
    for id in everybody {
        let nothing = || (Vec::new(), vec![Cell::NotHandedIn; parts.len()]);
        rows.entry(id.clone()).or_insert_with(nothing);
    }
    let mut columns = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        columns.push(Column {
            id: part.exercise.id.clone(),
            title: part.exercise.title.clone(),
            possible: part.exercise.points(),
            has_page: part.is_done,
        });
        for id in part.members.handed_in() {
            // Until there is a record that says otherwise.
            if let Some((_, cells)) = rows.get_mut(id) {
                cells[at] = Cell::NotGraded;
            }
        }
        if !part.is_done {
            continue;
        }
        let outputs = Outputs::open(&task.out.join(part.exercise.id.as_str()))?;
        outputs.each_unmeasured(&mut |entry| {
            let record = &entry.record;
            if let Some((people, cells)) = rows.get_mut(&record.submission.id) {
                if let Some(score) = record.score {
                    cells[at] = Cell::Graded(record.verdict, score);
                }
                if people.is_empty() {
                    people.clone_from(&entry.people);
                }
            }
            Ok(())
        })?;
    }
    let rows = rows.into_iter();
    let rows = rows.map(|(id, (people, cells))| Row { id, people, cells });
    Ok(Across {
        columns,
        rows: rows.collect(),
    })
}
