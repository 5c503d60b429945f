//! `grade check-exercises`: prove that every exercise of the course is sound.
//!
//! Loading an exercise proves that its files make sense, that its points add up and that its checks are
//! known. Opening a session proves that the reference has full marks and gives the known answers. What is
//! left to prove here: the starter compiles, runs, and does not pass; each mistake that the exercise knows can be
//! computed and told from the others; and, with `--examples`, the example of each is recognised as this mistake.

use std::collections::BTreeSet;

use super::{
    app::App, exit_code::ExitCode, phases::Phase, progress::GradeProgress, task::CheckExercises,
};
use crate::{
    course::{Course, Exercise},
    fault::Fault,
    grading::{self, Observe, ObserveRequest, Origin, RunPlan, Session, Single, Submission},
};
use ids::{CheckId, Seed, SubmissionId, words::count};
use judge::{
    check::number,
    mistakes::{DataFiles, KnownData, unsound},
    record::{Check, Record, Status, Verdict},
};

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
            match self.soundness(task, &exercise, phase)? {
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

    /// How an exercise is sound, or why it is not.
    fn soundness(
        &self,
        task: &CheckExercises,
        exercise: &Exercise,
        phase: Phase,
    ) -> Result<Result<String, String>, Fault> {
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
        let mut session = Session::open(
            &task.settings,
            exercise.clone(),
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
        let mut graded = None;
        session.grade_again(&single, None, &mut |record, _| graded = Some(record))?;
        let Some(record) = graded else {
            return Err(Fault::internal("grade the starter", "there is no record"));
        };
        if let Some(fault) = record.faults.first() {
            return Err(fault.clone().into());
        }
        let starter = match verdict_on(&record) {
            Ok(how) => how,
            Err(why) => return Ok(Err(why)),
        };
        // After the reference has proven the answers that are known.
        if let Some(why) = unsound_mistakes(exercise) {
            return Ok(Err(why));
        }
        if !task.examples {
            return Ok(Ok(starter));
        }
        let examples = check_examples(&task.settings.course, exercise, &session)?;
        Ok(examples.map(|examples| format!("{starter}, {examples}")))
    }
}

/// The seeds on which known mistakes are compared, besides the exercise's own: they stand for fresh ones.
const COMPARED: [Seed; 2] = [Seed(1), Seed(2)];

/// What is wrong with the mistakes of an exercise, if anything is.
fn unsound_mistakes(exercise: &Exercise) -> Option<String> {
    let spec = exercise.total.as_ref()?;
    let seeds: BTreeSet<Seed> = exercise
        .seeds
        .fixed
        .iter()
        .chain(exercise.answers.keys())
        .chain(&COMPARED)
        .copied()
        .collect();
    let data = seeds.into_iter().map(|seed| KnownData {
        seed,
        files: DataFiles::new(dataset::generate(&exercise.recipe, seed.0).files()),
        answer: exercise
            .answers
            .get(&seed)
            .and_then(|answer| number(answer)),
    });
    unsound(spec, &data.collect::<Vec<_>>())
}

/// Grade the example of each mistake, and see that it is called so.
fn check_examples(
    course: &Course,
    exercise: &Exercise,
    session: &Session<'_>,
) -> Result<Result<String, String>, Fault> {
    let mut recognised = 0;
    for mistake in exercise.total.iter().flat_map(|total| &total.mistakes) {
        let Some(example) = &mistake.example else {
            continue;
        };
        let id = &mistake.id;
        let folder = course.root.join(example);
        if !folder.is_dir() {
            return Ok(Err(format!(
                "there is no folder `{example}`, the example of mistake `{id}`"
            )));
        }
        let submission = Submission {
            id: SubmissionId::from_folder_name(id),
            origin: Origin::Named(folder),
        };
        let record = session.grade_admitted(&submission, &session.admit(&submission), "");
        if let Some(fault) = record.faults.first() {
            return Err(fault.clone().into());
        }
        let mut checks = record.checks.iter();
        let total = checks.find(|check| check.id == CheckId::Total);
        let diagnosis = total.and_then(|total| total.diagnosis.as_deref());
        if diagnosis != Some(id) {
            return Ok(Err(format!(
                "`{example}` is the example of mistake `{id}`, but it is recognised as {}",
                diagnosis.map_or("no mistake of totals".to_owned(), |name| format!(
                    "`{name}`"
                ))
            )));
        }
        recognised += 1;
    }
    Ok(Ok(format!(
        "{} of mistakes recognised",
        count(recognised, "example")
    )))
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
