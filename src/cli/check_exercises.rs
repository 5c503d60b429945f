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
    fault::{Fault, FaultKind},
    grading::{self, Observe, ObserveRequest, Origin, RunPlan, Session, Single, Submission},
};
use ids::{CheckId, Seed, SubmissionId, words::count};
use judge::{
    check::number,
    mistakes::{DataFiles, KnownData, unsound},
    record::{Check, Record, Status, Verdict},
};

/// Why an exercise is not sound, and what to do about it.
struct Broken {
    why: String,
    hint: String,
}

impl Broken {
    fn new(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            hint: hint.into(),
        }
    }
}

impl App {
    pub(super) fn check_exercises(&self, task: &CheckExercises) -> Result<ExitCode, Fault> {
        let course = &task.settings.course;
        if task.exercises.is_empty() {
            return Err(
                Fault::usage("found no exercise in this course").hint(format!(
                    "an exercise is a folder with an `exercise.toml` in `{}`; `grade new-exercise ID` makes one",
                    course.exercises.display()
                )),
            );
        }
        let mut code = ExitCode::Passed;
        let mut broken = Vec::new();
        let of = task.exercises.len();
        for (number, id) in (1..).zip(&task.exercises) {
            let phase = Phase::new(format!("exercise {number} of {of}, {id}"));
            let found = course.exercise(id.as_str()).map_err(Fault::from);
            let found = found.and_then(|exercise| {
                let sound = self.soundness(task, &exercise, phase)?;
                Ok((exercise.points(), sound))
            });
            match found {
                Ok((points, Ok(how))) => self.output.report(&format!(
                    "sound  {id}: the reference has {points} of {points} points, {how}\n"
                ))?,
                Ok((_, Err(Broken { why, hint }))) => {
                    code = code.or_worse(ExitCode::Usage);
                    broken.push(id.as_str());
                    self.output
                        .report(&format!("BROKEN {id}: {why}\n       try: {hint}\n"))?;
                }
                // Its own file or its reference is wrong; the others are examined all the same.
                Err(fault) if matches!(fault.kind, FaultKind::Usage | FaultKind::Reference) => {
                    self.output.fault(&fault);
                    code = code.or_worse(ExitCode::of_fault(fault.kind));
                    broken.push(id.as_str());
                }
                Err(fault) => return Err(fault),
            }
        }
        if of > 1 {
            let names = match &broken[..] {
                [] => String::new(),
                broken => format!("; broken: {}", broken.join(", ")),
            };
            self.output.report(&format!(
                "\n{} of {} sound{names}\n",
                of - broken.len(),
                count(of, "exercise")
            ))?;
        }
        Ok(code)
    }

    /// How an exercise is sound, or why it is not.
    fn soundness(
        &self,
        task: &CheckExercises,
        exercise: &Exercise,
        phase: Phase,
    ) -> Result<Result<String, Broken>, Fault> {
        let mut seeds = grading::seeds(&exercise.seeds, &[], &[])?;
        // Known answers are proven, whether submissions are graded on their seeds or not.
        let known = exercise.answers.keys();
        seeds.extend(known.filter(|seed| !exercise.seeds.fixed.contains(seed)));
        if let Some(broken) = missing(exercise) {
            return Ok(Err(broken));
        }
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
            return Ok(Err(Broken::new(
                why,
                "change the `[[mistakes]]` that is named, or remove it",
            )));
        }
        if !task.examples {
            return Ok(Ok(starter));
        }
        let examples = check_examples(&task.settings.course, exercise, &session)?;
        Ok(examples.map(|examples| format!("{starter}, {examples}")))
    }
}

/// What every exercise has, and this one has not.
fn missing(exercise: &Exercise) -> Option<Broken> {
    let parts = [
        (
            &exercise.starter,
            "Cargo.toml",
            "the crate that students get",
        ),
        (&exercise.starter, "README.md", "which says what is asked"),
        (&exercise.reference, "Cargo.toml", "the model solution"),
    ];
    let found = parts
        .into_iter()
        .find(|(folder, name, _)| !folder.join(name).is_file());
    found.map(|(folder, name, what)| {
        let path = folder.join(name);
        Broken::new(
            format!("there is no `{}`, {what}", path.display()),
            "write it; `grade new-exercise ID` makes an exercise that has all of them, to compare with",
        )
    })
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
    let data = seeds.into_iter().filter_map(|seed| {
        Some(KnownData {
            seed,
            files: DataFiles::new(dataset::generate(&exercise.recipe, seed.0)?.files()),
            answer: exercise
                .answers
                .get(&seed)
                .and_then(|answer| number(answer)),
        })
    });
    unsound(spec, &data.collect::<Vec<_>>())
}

/// Grade the example of each mistake, and see that it is called so.
fn check_examples(
    course: &Course,
    exercise: &Exercise,
    session: &Session<'_>,
) -> Result<Result<String, Broken>, Fault> {
    let mut recognised = 0;
    let of_total = exercise.total.iter().flat_map(|total| &total.mistakes);
    let of_total = of_total.map(|mistake| (CheckId::Total, &mistake.id, &mistake.example));
    let others = exercise.mistakes.iter();
    let others = others.map(|mistake| (mistake.check, &mistake.id, &mistake.example));
    for (check, id, example) in of_total.chain(others) {
        let Some(example) = example else {
            continue;
        };
        let folder = course.root.join(example);
        if !folder.is_dir() {
            return Ok(Err(Broken::new(
                format!("there is no folder `{example}`, the example of mistake `{id}`"),
                "write the submission that makes the mistake, or remove `example`; the path begins at grader.toml",
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
        let found = checks.find(|found| found.id == check);
        let diagnosis = found.and_then(|found| found.diagnosis.as_deref());
        if diagnosis != Some(id) {
            return Ok(Err(Broken::new(
                format!(
                    "`{example}` is the example of mistake `{id}`, but it is recognised as {}",
                    diagnosis.map_or_else(
                        || format!("no mistake that check `{check}` names"),
                        |name| format!("`{name}`")
                    )
                ),
                format!(
                    "type `grade {} {example}` to see what it does; then change the example, or the mistake",
                    exercise.id
                ),
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
fn verdict_on(starter: &Record) -> Result<String, Broken> {
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
    if let Some(Check { id, message, .. }) = failed {
        return Err(Broken::new(
            format!(
                "the starter fails `{id}`, so a student would begin with our mistake: {message}"
            ),
            format!(
                "type `grade {}` to see it, and mend the starter",
                starter.exercise
            ),
        ));
    }
    let Some(score) = starter.score.filter(|_| starter.verdict == Verdict::Fail) else {
        return Err(Broken::new(
            "the starter passes, so there is nothing left to do",
            "leave out of the starter what a student is to write",
        ));
    };
    Ok(format!(
        "the starter {} (fails {})",
        score.earned,
        named(Status::Fail)
    ))
}
