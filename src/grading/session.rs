//! A session: everything that is needed to grade submissions of one exercise on the same seeds.
//!
//! Never grades: `grade` does.

use std::{
    panic::resume_unwind,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use super::{
    cases::{Case, cases},
    guard::{guarded, joined},
    hidden::{self, Hidden},
    processors::Processors,
    progress::{Progress, ProgressEvent, Step, Whose},
    room::has_room_for_two,
    scratch::make_scratch,
    seeds::RunPlan,
};
use crate::{
    compile::{self, Builder},
    config::Settings,
    course::Exercise,
    fault::Fault,
};
use fs_scratch::{Scratch, Subfolder};
use ids::{ExerciseId, Seed};
use judge::record::ReferenceRun;
use observer::Stamps;
use sandbox::{Limits, Sandbox, Stage, Tier};

/// What a session for a class needs in addition to one for a single submission.
#[derive(Debug, Clone, Copy)]
pub struct ClassSetup<'a> {
    /// The folder of all submissions, which none of them may see.
    pub class: &'a Path,
    /// The folder of the grades, which none of them may see.
    pub out: &'a Path,
    /// The plan that several machines follow, if there is one. It has the seeds, so no submission may see it.
    pub plan: Option<&'a Path>,
    /// The exercises of which each submission may have crates; empty if the class is of this one alone.
    pub among: &'a [ExerciseId],
}

/// Everything that is needed to grade submissions of one exercise on the same seeds, with the reference's
/// answers. A session is made once and used for many submissions.
pub struct Session<'a> {
    pub(super) exercise: Exercise,
    pub(super) settings: &'a Settings,
    pub(super) builder: Builder,
    pub(super) sandbox: Sandbox,
    pub(super) scratch: Scratch,
    /// The resolution of the time stamps of its file system.
    pub(super) stamps: Stamps,
    pub(super) progress: &'a dyn Progress,
    pub(super) plan: RunPlan,
    /// One for each seed of the plan; empty until the data are generated.
    pub(super) cases: Vec<Case>,
    /// Whether runs can be observed here; if not, why.
    pub(super) observer: Result<(), String>,
    pub(super) run_limits: Limits,
    /// Where the reference is observed, and where a submission is that runs beside it.
    pub(super) processors: [Option<u32>; 2],
    /// Whether a single submission makes two runs at a time.
    pub(super) two_at_a_time: bool,
    pub(super) work_dirs: AtomicU64,
    pub(super) data_folders: AtomicU64,
    /// The exercises of which each submission of the class may have crates.
    pub(super) among: Vec<ExerciseId>,
}

impl<'a> Session<'a> {
    /// Prepare for one submission. [`Session::grade_single`] lets the reference pass.
    ///
    /// # Errors
    /// The machine cannot grade.
    pub fn open(
        settings: &'a Settings,
        exercise: Exercise,
        plan: &RunPlan,
        sandbox: Sandbox,
        progress: &'a dyn Progress,
    ) -> Result<Self, Fault> {
        let data = exercise.clone();
        let two_at_a_time = has_room_for_two(&exercise.run_limits);
        // While the sandbox is tried out, which is a wait for other processes.
        thread::scope(|scope| {
            let cases = scope.spawn(|| cases(&data, plan));
            let session = Self::new(settings, exercise, plan, sandbox, progress, &[]);
            let cases = cases.join().unwrap_or_else(|panic| resume_unwind(panic));
            let session = session?;
            let cases = match cases {
                Some(cases) => cases,
                None => session.run_generator(plan)?,
            };
            Ok(Self {
                cases,
                // Otherwise one run could reach what another runs on.
                two_at_a_time: two_at_a_time && session.sandbox.tier() >= Tier::Confined,
                ..session
            })
        })
    }

    /// As [`Session::open`], for many submissions. [`Session::prove_for_class`] comes before the first of them is
    /// graded.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_for_class(
        settings: &'a Settings,
        exercise: Exercise,
        plan: &RunPlan,
        sandbox: Sandbox,
        progress: &'a dyn Progress,
        setup: ClassSetup<'_>,
    ) -> Result<Self, Fault> {
        let mut hidden = vec![Hidden::new(
            "the class",
            setup.class,
            "move it to another folder",
        )];
        hidden.extend(setup.plan.map(|plan| {
            const REMEDY: &str = "choose another place with `grade plan … --out PLAN`";
            Hidden::new("the plan", plan, REMEDY)
        }));
        hidden.push(Hidden::new(
            "the output folder",
            setup.out,
            "choose another with `--out DIR`",
        ));
        Ok(Self {
            among: setup.among.to_vec(),
            ..Self::new(settings, exercise, plan, sandbox, progress, &hidden)?
        })
    }

    /// Let the reference pass, and compile and verify all crates that any submission may need. So a grade does
    /// not depend on which submissions were graded before, and no crate is replaced while others use it. The
    /// limit on real time is `wall_limit`, if an earlier session that this one continues has measured one.
    /// `prove_machine` does its work meanwhile.
    ///
    /// # Errors
    /// The fault of `prove_machine`; or the reference fails, or the machine failed at it (the fault's kind says which).
    pub fn prove_for_class(
        &mut self,
        wall_limit: Option<Duration>,
        prove_machine: impl FnOnce(&Sandbox) -> Result<(), Fault> + Send,
    ) -> Result<(), Fault> {
        let sandbox = self.sandbox.clone();
        let proof = thread::scope(|scope| {
            let machine = scope.spawn(move || guarded(|| prove_machine(&sandbox)));
            self.at(Whose::Reference, Step::Data);
            let own = cases(&self.exercise, &self.plan);
            let machine = if self.builder.has_all() {
                Some(machine)
            } else {
                // Nobody should wait for crates on a machine that cannot grade.
                joined(machine)?;
                None
            };
            let prepared = self
                .builder
                .prepare_all(&|step| self.at_build(Whose::Reference, step));
            let proof = prepared.and_then(|()| {
                self.cases = match own {
                    Some(cases) => cases,
                    None => self.run_generator(&self.plan)?,
                };
                self.prove_reference(None)
            });
            machine.map_or(Ok(()), joined)?;
            proof
        })?;
        self.accept(proof);
        if let Some(limit) = wall_limit {
            self.run_limits.wall = limit;
        }
        Ok(())
    }

    /// Take other data from now on. The reference has not passed on them.
    ///
    /// # Errors
    /// A program of the course makes the data, and it failed.
    pub fn change_data(&mut self, plan: &RunPlan) -> Result<(), Fault> {
        self.cases = match cases(&self.exercise, plan) {
            Some(cases) => cases,
            None => self.run_generator(plan)?,
        };
        self.plan = plan.clone();
        self.run_limits = self.exercise.run_limits;
        Ok(())
    }

    /// Whether the reference has passed on all data.
    pub(super) fn is_proven(&self) -> bool {
        self.cases.iter().all(|case| case.expected.is_some())
    }

    /// The sandbox in which submissions are built and run.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub(super) fn new(
        settings: &'a Settings,
        exercise: Exercise,
        plan: &RunPlan,
        sandbox: Sandbox,
        progress: &'a dyn Progress,
        hidden: &[Hidden<'_>],
    ) -> Result<Self, Fault> {
        let at = |step| {
            let whose = Whose::Reference;
            progress.event(ProgressEvent { whose, step });
        };
        at(Step::Machine);
        let limit = exercise.build_limits.wall;
        let tell = |step| at(Step::Build { step, limit });
        sandbox::prove_grants(Stage::Run, &exercise.run_limits)?;
        sandbox::prove_grants(Stage::Build, &exercise.build_limits)?;
        let (observer, prepared) = thread::scope(|scope| {
            let observer = scope.spawn(|| observer::can_observe(&sandbox));
            let prepared = Builder::new(
                &settings.course,
                &settings.cache_dir,
                // Crates are made once for all gradings: one that is stopped must not lose them.
                &sandbox.cancellation().parent(),
                &tell,
            )
            .and_then(|builder| Ok((builder, make_scratch(settings.temp_dir.as_deref())?)));
            let observer = observer.join();
            (
                observer.unwrap_or_else(|panic| resume_unwind(panic)),
                prepared,
            )
        });
        let observer = observer?;
        let (builder, (scratch, stamps)) = prepared?;
        at(Step::Machine);
        if sandbox.tier() > Tier::None {
            let own = hidden::of_every_grading(settings, &exercise, &scratch);
            hidden::prove(&builder.shown(), own.iter().chain(hidden))?;
        }
        at(Step::Done);
        Ok(Self {
            run_limits: exercise.run_limits,
            exercise,
            settings,
            builder,
            sandbox,
            scratch,
            stamps,
            progress,
            plan: plan.clone(),
            cases: Vec::new(),
            observer,
            processors: Processors::usable().of_pair(),
            two_at_a_time: false,
            work_dirs: AtomicU64::new(0),
            data_folders: AtomicU64::new(0),
            among: Vec::new(),
        })
    }

    /// Report a step.
    pub(super) fn at(&self, whose: Whose, step: Step) {
        self.progress.event(ProgressEvent { whose, step });
    }

    /// Report a step of a build.
    pub(super) fn at_build(&self, whose: Whose, step: compile::Step) {
        let limit = self.exercise.build_limits.wall;
        self.at(whose, Step::Build { step, limit });
    }

    /// A new empty folder for one submission, removed when dropped.
    pub(super) fn work_dir(&self) -> Result<Subfolder, Fault> {
        let number = self.work_dirs.fetch_add(1, Ordering::Relaxed);
        self.scratch
            .subfolder(&number.to_string())
            .map_err(Fault::in_temporary)
    }

    /// The limit on real time that holds for runs of this session.
    #[must_use]
    pub fn wall_limit(&self) -> Duration {
        self.run_limits.wall
    }

    /// What the reference did on each dataset on which it was observed. Empty before it has passed.
    pub fn reference_runs(&self) -> impl Iterator<Item = (Seed, &ReferenceRun)> {
        let runs = self.cases.iter();
        runs.filter_map(|case| Some((case.seed, case.expected.as_ref()?.run.as_ref()?)))
    }

    /// The text with which the compiler identifies itself.
    #[must_use]
    pub fn toolchain_identity(&self) -> &str {
        self.builder.toolchain_identity()
    }

    /// How submissions are isolated and how their reads are observed, as written in records.
    #[must_use]
    pub fn grader(&self) -> (String, String) {
        let observer = match self.observer {
            Ok(()) => "seccomp-notify",
            Err(_) => "file-times",
        };
        (self.sandbox.tier().to_string(), observer.to_owned())
    }
}
