//! `grade ci --base REF`.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{
    app::App,
    batch_progress::BatchProgress,
    clean_folder::CleanFolder,
    exit_code::ExitCode,
    report_folder::{ReportFolder, context, one},
    step_summary::StepSummary,
    task::{Ci, Reports},
};
use crate::{
    batch::{self, Outputs, every_entry},
    config::{Author, IsolationDemand, Overrides, Settings},
    fault::{Fault, FaultKind},
    pull_request::{self, Change, Request, Touched},
};
use ids::words::{count, within_backticks};
use judge::record::{Record, Verdict};
use report::{Format, Truncate, escape_line};

/// So many paths are listed on a screen.
const SHOWN: usize = 20;

/// What GitHub reads the outputs of a step from.
const OUTPUT: &str = "GITHUB_OUTPUT";

/// How a pull request did: the worst of its submissions.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    not_graded: usize,
    earned: u32,
    possible: u32,
}

impl App {
    pub(super) fn ci(&self, task: &Ci) -> Result<ExitCode, Fault> {
        // A file that cannot be written to is reported before the work begins.
        append(OUTPUT, "")?;
        let graded = self.grade_pull_request(task);
        let text = match &graded {
            Ok(result) => result.outputs(),
            Err(_) => Tally {
                not_graded: 1,
                ..Tally::default()
            }
            .outputs(),
        };
        append(OUTPUT, &text)?;
        Ok(graded?.exit_code().unless_student(task.exit_zero))
    }

    fn grade_pull_request(&self, task: &Ci) -> Result<Tally, Fault> {
        // Whatever becomes of the grading, nothing of the pull request is left where reports are looked for.
        let reports = task.reports.as_ref();
        let reports = reports.map(|reports| self.make_way(task, reports));
        let reports = reports.transpose()?;
        let change = self.waiting("reading what the pull request changes", || {
            Change::read(&Request {
                repository: &task.here,
                base: &task.base,
                head: &task.head,
                course: task.overrides.course.as_deref(),
                submissions: task.submissions.as_ref(),
                exercise: task.exercise.as_deref(),
                student: task.student.as_deref(),
                temp_dir: task.overrides.temp_dir.as_deref(),
            })
        })?;
        let overrides = Overrides {
            course: Some(change.course.clone()),
            ..task.overrides.clone()
        };
        let settings = Settings::resolve(overrides, &task.here, |name| env::var_os(name))?;
        let summary = task.step_summary.as_deref().map(StepSummary::open);
        let summary = summary.transpose()?;
        let mut markdown = String::new();
        self.output.report(&headline(&change))?;
        let mut result = Tally::default();
        let out = tempfile::tempdir()
            .map_err(|error| Fault::temporary("make a folder in", &env::temp_dir(), &error))?;
        for touched in &change.touched {
            let out = out.path().join(touched.exercise.as_str());
            let graded = self.grade_touched(
                task,
                reports.as_ref(),
                &settings,
                touched,
                &out,
                &mut markdown,
            )?;
            result = result.and(graded);
        }
        self.output.report(&footer(&change, escape_line))?;
        if let Some(summary) = summary {
            markdown += &footer(&change, report::markdown_line);
            summary.append(&markdown)?;
        }
        Ok(result)
    }

    /// The reports, in a folder that has nothing of the pull request in it.
    fn make_way(&self, task: &Ci, reports: &Reports) -> Result<Reports, Fault> {
        let root = pull_request::root(&task.here)?;
        let clean = CleanFolder::make(&root, &reports.folder, &reports.shown)?;
        if let Some(note) = &clean.note {
            self.output.note(note);
        }
        Ok(Reports {
            formats: reports.formats.clone(),
            folder: clean.path,
            shown: reports.shown.clone(),
        })
    }

    /// Grade the submissions for one exercise, and report them.
    fn grade_touched(
        &self,
        task: &Ci,
        reports: Option<&Reports>,
        settings: &Settings,
        touched: &Touched,
        out: &Path,
        markdown: &mut String,
    ) -> Result<Tally, Fault> {
        let isolation = IsolationDemand::resolve(
            task.isolation,
            settings.course.isolation,
            Author::Others,
            |name| env::var_os(name),
        );
        let exercise = settings.course.exercise(touched.exercise.as_str())?;
        let reports = reports.map(|reports| Reports {
            formats: reports.formats.clone(),
            folder: reports.folder.join(touched.exercise.as_str()),
            shown: reports.shown.join(touched.exercise.as_str()),
        });
        let folder = reports
            .as_ref()
            .map(ReportFolder::open_unmarked)
            .transpose()?;
        let sandbox = self.sandbox(isolation)?;
        let names = every_entry()?;
        let request = batch::Request {
            list: None,
            jobs: task
                .jobs
                .unwrap_or_else(|| batch::default_jobs(&exercise.run_limits)),
            settings,
            exercise,
            class: &touched.class,
            among: &[],
            names: Some(&names),
            out,
            seeds: &task.seeds,
            observe: task.observe,
            share: None,
            fresh: false,
            accept: false,
            formats: &[],
            separator: report::Separator::default(),
        };
        let outcome = {
            let progress = BatchProgress::new(&self.output, false);
            batch::run(request, sandbox, &progress)?
        };
        let places = touched.submissions.iter();
        let places = places.map(|one| (one.id.clone(), one.folder.clone()));
        let outputs = Outputs::open(out)?.placed(places.collect());
        let mut result = Tally::default();
        let mut only = None;
        outputs.each(&mut |entry| {
            result = result.and(Tally::of(&entry.record));
            only = (touched.submissions.len() == 1).then(|| entry.clone());
            Ok(())
        })?;
        // Whatever was touched is graded, or it is said that it was not.
        let all = touched.submissions.len();
        let missing = all.saturating_sub(outcome.summary.total());
        if missing > 0 {
            self.output.note(&format!(
                "not graded: {}, because the name of the folder is none of a student",
                count(missing, "submission")
            ));
            result.not_graded += missing;
        }
        let facts = outputs.facts()?;
        let write = |format| match &only {
            Some(entry) => one(format, entry),
            None if format == Format::Human => Ok(facts.summary.human(Truncate::Nothing)),
            None => {
                let mut text = Vec::new();
                outputs.write(format, &facts, &mut text)?;
                Ok(String::from_utf8_lossy(&text).into_owned())
            }
        };
        self.output.report(&write(Format::Human)?)?;
        if task.is_github {
            self.output.report(&write(Format::Github)?)?;
        }
        if task.step_summary.is_some() {
            *markdown += &write(Format::Markdown)?;
        }
        if let (Some(reports), Some(folder)) = (&reports, folder) {
            match &only {
                Some(entry) => folder.write_one(entry, &context())?,
                None => folder.write_class(&outputs)?,
            }
            self.output.note(&reports.written());
        }
        Ok(result)
    }
}

impl Tally {
    fn of(record: &Record) -> Self {
        let score = record.score;
        let mut result = Self {
            earned: score.map_or(0, |score| score.earned),
            possible: score.map_or(0, |score| score.possible),
            ..Self::default()
        };
        match record.verdict {
            Verdict::Pass => result.passed = 1,
            Verdict::Fail => result.failed = 1,
            Verdict::NotGraded => result.not_graded = 1,
        }
        result
    }

    fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            not_graded: self.not_graded + other.not_graded,
            earned: self.earned + other.earned,
            possible: self.possible + other.possible,
        }
    }

    fn exit_code(self) -> ExitCode {
        if self.not_graded > 0 {
            ExitCode::NotGraded
        } else if self.failed > 0 {
            ExitCode::NotPassed
        } else {
            ExitCode::Passed
        }
    }

    /// The outputs of the step. What was not graded has no points, so there is no sum of them.
    fn outputs(self) -> String {
        let verdict = match self {
            Self {
                not_graded: 1.., ..
            } => "not-graded",
            Self { failed: 1.., .. } => "fail",
            Self { passed: 1.., .. } => "pass",
            Self { .. } => "none",
        };
        let points = match verdict {
            "pass" | "fail" => [self.earned, self.possible].map(|points| points.to_string()),
            _ => Default::default(),
        };
        let [score, most] = points;
        format!("verdict={verdict}\nscore={score}\nmax-score={most}\n")
    }
}

/// Append to the file that a variable names, if it does.
fn append(variable: &str, text: &str) -> Result<(), Fault> {
    let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let path = PathBuf::from(path);
    let file = fs::File::options().append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| {
            Fault::io(FaultKind::Usage, "write to", &path, &error).hint(format!(
                "the variable `{variable}` names this file; unset it, or name one that can be written to"
            ))
        })
}

/// What is graded.
fn headline(change: &Change) -> String {
    let [base, head] = &change.commits;
    let what = match change.submissions() {
        0 => "no submission was changed".to_owned(),
        number => format!("{} changed", count(number, "submission")),
    };
    format!("Pull request: {what}. Head: {head}. Base: {base}.\n\n")
}

/// What was changed and not graded: lists in a form that Markdown has as well. `escape` makes a line harmless.
fn footer(change: &Change, escape: fn(&str) -> String) -> String {
    use std::fmt::Write as _;
    let removed = change
        .removed
        .iter()
        .map(|path| (path.clone(), String::new()));
    let outside = change.outside.iter();
    let outside = outside.map(|one| (one.path.clone(), one.kind.predicate()));
    let unwritable = change.unwritable.iter();
    let unwritable = unwritable.map(|path| (path.clone(), String::new()));
    let sections = [
        ("Removed, so there is nothing to grade", removed.collect()),
        (
            "Changed outside of submissions, and not used",
            outside.collect(),
        ),
        (
            "Left out, because no disk can have such a path",
            unwritable.collect::<Vec<_>>(),
        ),
    ];
    let mut text = String::new();
    for (headline, lines) in sections {
        let lines: Vec<(String, String)> = lines;
        if lines.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n{headline}\n");
        for (path, predicate) in lines.iter().take(SHOWN) {
            let line = format!("`{}` {predicate}", within_backticks(path));
            let _ = writeln!(text, "- {}", escape(line.trim_end()));
        }
        if let Some(more @ 1..) = lines.len().checked_sub(SHOWN) {
            let _ = writeln!(text, "- and {more} more");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_submission_decides_and_what_was_not_graded_has_no_points() {
        let pass = Tally {
            passed: 1,
            earned: 10,
            possible: 10,
            ..Tally::default()
        };
        let fail = Tally {
            failed: 1,
            earned: 6,
            possible: 10,
            ..Tally::default()
        };
        let open = Tally {
            not_graded: 1,
            ..Tally::default()
        };
        for (all, code, outputs) in [
            (vec![], ExitCode::Passed, ["none", "", ""]),
            (vec![pass], ExitCode::Passed, ["pass", "10", "10"]),
            (vec![pass, fail], ExitCode::NotPassed, ["fail", "16", "20"]),
            (
                vec![pass, open, fail],
                ExitCode::NotGraded,
                ["not-graded", "", ""],
            ),
        ] {
            let result = all.into_iter().fold(Tally::default(), Tally::and);
            assert_eq!(result.exit_code(), code);
            let [verdict, score, most] = outputs;
            assert_eq!(
                result.outputs(),
                format!("verdict={verdict}\nscore={score}\nmax-score={most}\n")
            );
        }
    }
}
