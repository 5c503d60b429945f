//! `grade check-exercises`: prove that every exercise of the course is sound.
//!
//! That its files make sense, its points add up and its checks are known is proven by loading it; that
//! the reference has full marks, and the answers that are known, by opening a session. Left to show here: the starter does not pass, and
//! fails for reasons of its own.

use super::{App, Whose, exit_code::ExitCode, progress::GradeProgress};
use crate::{
    config::Settings,
    course::Exercise,
    fault::Fault,
    grading::{self, Origin, Session, Submission},
};
use ids::{CheckId, SubmissionId};
use judge::record::{Check, Record, Status, Verdict};

impl App {
    pub(super) fn check_exercises(&self, settings: &Settings) -> Result<ExitCode, Fault> {
        let ids = settings.course.exercise_ids()?;
        if ids.is_empty() {
            return Err(
                Fault::usage("found no exercise in this course").hint(format!(
                    "an exercise is a folder with an `exercise.toml` in `{}`",
                    settings.course.exercises.display()
                )),
            );
        }
        let mut code = ExitCode::Passed;
        for id in ids {
            let exercise = settings.course.exercise(id.as_str())?;
            let points = exercise.points();
            let starter = self.grade_starter(settings, exercise)?;
            match verdict_on(&starter) {
                Ok(how) => self.output.report(&format!(
                    "sound  {id}: the reference has {points} of {points} points, {how}\n"
                ))?,
                Err(why) => {
                    code = ExitCode::Usage;
                    self.output.report(&format!("BROKEN {id}: {why}\n"))?;
                }
            }
        }
        Ok(code)
    }

    fn grade_starter(&self, settings: &Settings, exercise: Exercise) -> Result<Record, Fault> {
        let mut seeds = grading::seeds(&exercise.seeds, &[], &[])?;
        // What is known is proven, whether anybody is graded on it or not.
        let known = exercise.answers.keys();
        seeds.extend(known.filter(|seed| !exercise.seeds.fixed.contains(seed)));
        let starter = Submission {
            id: SubmissionId::from_folder_name("starter"),
            origin: Origin::Named(exercise.starter.clone()),
        };
        let progress = GradeProgress::new(&self.output);
        let session = Session::open(
            settings,
            exercise,
            &seeds,
            self.sandbox(settings, Whose::Own)?,
            &progress,
        )?;
        let record = session.grade(&starter, "");
        match record.faults.first() {
            Some(fault) => Err(fault.clone().into()),
            None => Ok(record),
        }
    }
}

/// Whether a starter is as it should be: it compiles, runs to its end, and does not pass.
fn verdict_on(starter: &Record) -> Result<String, String> {
    let named = |status| {
        let ids: Vec<_> = starter
            .checks
            .iter()
            .filter(|check| check.status == status)
            .map(|check| check.id.as_str())
            .collect();
        ids.join(", ")
    };
    let first = [CheckId::Build, CheckId::Run];
    let mut checks = starter.checks.iter();
    let failed = checks.find(|check| first.contains(&check.id) && check.status != Status::Pass);
    if let Some(Check { id, .. }) = failed {
        return Err(format!(
            "the starter fails `{id}`, so a student would begin with our mistake"
        ));
    }
    let Some(score) = starter.score.filter(|_| starter.verdict == Verdict::Fail) else {
        return Err("the starter passes, so there is nothing left to do".into());
    };
    Ok(format!(
        "the starter {} (fails {})",
        score.earned,
        named(Status::Fail)
    ))
}
