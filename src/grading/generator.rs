//! Data that a program of the course makes: it is built as the reference is, and runs once for each seed.
//!
//! It gets the seed as its argument and an empty folder, in which it writes. The sandbox holds it to the exercise's limits,
//! so a mistake in it is told and hangs nobody. Never runs beside a submission: it has ended before one begins.

use std::{io::Read as _, path::Path};

use super::{
    cases::Case,
    data::remove,
    execution::{environment, folder},
    progress::{Progress, Step, Whose},
    reference_run::{CourseProgram, shown_lines},
    seeds::{Observe, RunPlan},
    session::Session,
    tree::{Bounds, walk},
};
use crate::{
    config::Settings,
    course::Exercise,
    fault::{Fault, FaultKind},
};
use dataset::{Dataset, Recipe};
use evidence::{Execution, Termination};
use ids::Seed;
use sandbox::{Job, Sandbox};

/// As much as a dataset may have, and a little more, so that one that is too large is told as such.
const BOUNDS: Bounds = Bounds {
    files: 20_001,
    bytes: (64 << 20) + 1,
};

impl Session<'_> {
    /// The datasets of all seeds, made by the program of the course.
    pub(super) fn run_generator(&self, plan: &RunPlan) -> Result<Vec<Case>, Fault> {
        let Recipe::Program(recipe) = &self.exercise.recipe else {
            return Ok(Vec::new());
        };
        self.at(Whose::Reference, Step::Data);
        let source = self.settings.course.root.join(&recipe.folder);
        let work_dir = self.work_dir()?;
        let what = CourseProgram {
            name: "generator",
            source: &source,
        };
        let program = self.course_program(what, work_dir.path())?;
        self.at(Whose::Reference, Step::Data);
        let cases = plan.seeds.iter().map(|&seed| {
            let files = self.generate_by(&program, &source, work_dir.path(), seed)?;
            Ok(Case::new(&self.exercise, plan, seed, files))
        });
        let cases = cases.collect();
        self.at(Whose::Reference, Step::Done);
        cases
    }

    /// The files that the program writes for one seed.
    fn generate_by(
        &self,
        program: &Path,
        source: &Path,
        work_dir: &Path,
        seed: Seed,
    ) -> Result<Dataset, Fault> {
        let failed = |why: String| {
            let message = format!("failed to make the data of seed {seed}, so nothing was graded");
            Fault::new(FaultKind::Reference, message)
                .because(why)
                .hint(format!("mend the generator in `{}`", source.display()))
        };
        let made = folder(work_dir, &format!("made-{seed}"))?;
        let mut job = Job::new(program, &made, &self.exercise.run_limits).output(&made);
        job.arguments = vec![seed.to_string()];
        job.environment = environment(&made)?;
        let execution = self.sandbox.run(&job)?;
        if !execution.termination.is_success() {
            return Err(failed(end_of(&execution)));
        }
        let mut files = Vec::new();
        let others = walk(&made, BOUNDS, &mut |path, mut file, _| {
            let mut contents = Vec::new();
            file.read_to_end(&mut contents)?;
            files.push((path, contents));
            Ok(())
        })
        .map_err(|error| Fault::temporary("read", &made, &error))?;
        remove(&made)?;
        let dataset = Dataset::of_files(files)
            .map_err(|what| failed(format!("it wrote wrong files: {what}")))?;
        if others > 0 {
            return Err(failed(format!(
                "{others} of the things that it left are no plain files, are empty folders, or are too deep or too large"
            )));
        }
        let taken = [self.list_name(), self.exercise.questions.saved.as_deref()];
        for name in taken.into_iter().flatten() {
            if dataset
                .names()
                .any(|file| file.split('/').next() == Some(name))
            {
                return Err(failed(format!("it wrote `{name}`, which the grader makes")));
            }
        }
        Ok(dataset)
    }

    fn list_name(&self) -> Option<&str> {
        let server = self.exercise.slow.as_ref()?.server.as_ref()?;
        Some(&server.list)
    }
}

/// The data files of one seed, with what is served and the list of it, where a program of the course makes them.
///
/// # Errors
/// The program fails, or the machine cannot build or run it.
pub fn generated_by_program(
    settings: &Settings,
    exercise: &Exercise,
    seed: Seed,
    sandbox: Sandbox,
    progress: &dyn Progress,
) -> Result<Vec<Dataset>, Fault> {
    let plan = RunPlan {
        seeds: vec![seed],
        observe: Observe::All,
    };
    // All files belong into one folder here.
    let exercise = Exercise {
        slow: None,
        ..exercise.clone()
    };
    let session = Session::new(settings, exercise, &plan, sandbox, progress, &[])?;
    let cases = session.run_generator(&plan)?.into_iter();
    Ok(cases.map(|case| case.dataset).collect())
}

/// How the program ended, with what it wrote to standard error.
fn end_of(execution: &Execution) -> String {
    let how = match execution.termination {
        Termination::Exited { code } => format!("it exited with code {code}"),
        Termination::Signaled { signal } => format!("signal {signal} ended it"),
        Termination::WallLimit { limit_ms } => format!("it was stopped after {limit_ms} ms"),
        Termination::Deadlock => "all its threads waited for each other".to_owned(),
        _ => "it was stopped at a limit of the exercise".to_owned(),
    };
    match shown_lines(&execution.stderr.head) {
        Some(said) => format!("{how}; it said: {said}"),
        None => how,
    }
}
