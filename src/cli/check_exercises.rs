//! `grade check-exercises`: prove that every exercise of the course is sound.
//!
//! Loading an exercise proves that its files make sense, that its points add up and that its checks are
//! known. Opening a session proves that the reference has full marks and gives the known answers. What is
//! left to prove here: the starter compiles, runs, and does not pass.

use super::{
    app::App, exit_code::ExitCode, phases::Phase, progress::GradeProgress, task::CheckExercises,
};
use crate::{
    course::Exercise,
    fault::Fault,
    grading::{
        self, Observe, ObserveRequest, Origin, RunPlan, Session, Single, SingleRecord, Submission,
    },
};
use ids::{CheckId, SubmissionId};
use judge::record::{Check, Record, Status, Verdict};

impl App {
    pub(super) fn check_exercises(&self, task: &CheckExercises) -> Result<ExitCode, Fault> {
        let course = &task.settings.course;
        let ids = course.exercise_ids()?;
        if ids.is_empty() {
            return Err(
                Fault::usage("found no exercise in this course").hint(format!(
                    "an exercise is a folder with an `exercise.toml` in `{}`",
                    course.exercises.display()
                )),
            );
        }
        let mut code = ExitCode::Passed;
        let of = ids.len();
        for (number, id) in (1..).zip(ids) {
            let exercise = course.exercise(id.as_str())?;
            let points = exercise.points();
            let phase = Phase::new(format!("exercise {number} of {of}, {id}"));
            let starter = self.grade_starter(task, exercise, phase)?;
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

    fn grade_starter(
        &self,
        task: &CheckExercises,
        exercise: Exercise,
        phase: Phase,
    ) -> Result<Record, Fault> {
        let mut seeds = grading::seeds(&exercise.seeds, &[], &[])?;
        // Known answers are proven, whether submissions are graded on their seeds or not.
        let known = exercise.answers.keys();
        seeds.extend(known.filter(|seed| !exercise.seeds.fixed.contains(seed)));
        let starter = Submission {
            id: SubmissionId::from_folder_name("starter"),
            origin: Origin::Named(exercise.starter.clone()),
        };
        let progress = GradeProgress::of(&self.output, phase);
        let plan = RunPlan {
            seeds,
            observe: Observe::All,
        };
        let session = Session::open(
            &task.settings,
            exercise,
            &plan,
            self.sandbox(task.isolation)?,
            &progress,
        )?;
        let single = Single {
            submission: &starter,
            seeds: &[],
            observe: ObserveRequest::These(Observe::All),
            fresh: true,
            repeat: 0,
            is_remembered: false,
            own: &[],
            replay: &|_| String::new(),
        };
        let SingleRecord { record, .. } = session.grade_single(&single)?;
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
