//! The self-test: real attacks on the sandbox, made by this program from inside, which must fail.
//!
//! # Theory of operation
//!
//! A sandbox that was only configured may not isolate at all. So before callers trust it, the self-test runs a
//! job in it that tries what a hostile program might try: to read a hidden file, to kill a process of ours, to
//! reach a listener on this machine, and to make every system call that the filter refuses. The targets are
//! real files, listeners and processes, which exist only for this.
//!
//! The attacker reports which attacks got through. Where an attack leaves a trace, the self-test looks for it
//! from outside as well. If an attack gets through although the tier promises that it does not, callers should
//! run nothing.
//!
//! The same attacks are made in a job that may connect: it must reach as little.
//!
//! Attacks do no harm where nothing stops them: at tier `none`, which stops few of them, all are tried.

mod attempt;
mod kernel;
mod network;
mod paths;
mod processes;
mod table;
mod targets;

use std::{path::Path, process::ExitCode};

use evidence::{Execution, Termination};

pub use self::attempt::Outcome;
use self::{
    attempt::{AttackReport, Call, LIMITS},
    targets::Targets,
};
use crate::{
    client::{protocol::SELF_TEST_ARGUMENT, sandbox::Sandbox},
    error::{Error, SelfTestError},
    job::{Job, Stage},
    monitor::Monitor,
    rule::Calls,
    spawn::seccomp::{self, JobKind},
    tier::Tier,
};

/// One attack, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttackOutcome {
    /// The attack's name. An attack with system calls of one rule is named `call-` and the rule.
    pub name: String,
    /// Whether it got through.
    pub outcome: Outcome,
    /// What the attacker gained, the system's answer, or why the attack could not be tried.
    pub detail: String,
    /// Whether the tier promises that it is stopped.
    pub promised: bool,
}

impl AttackOutcome {
    /// Whether the tier breaks its promise.
    #[must_use]
    pub fn is_breach(&self) -> bool {
        self.promised && self.outcome == Outcome::GotThrough
    }
}

/// The lowest tier that promises that an attack fails.
fn promised_from(name: &str) -> Tier {
    match name {
        // Every tier has these.
        "environment" | "descriptors" | "session" | "core-file" => Tier::None,
        "exceed-tasks" => Tier::Weak,
        name if name.starts_with("exceed-") => Tier::None,
        // Older versions of Landlock let every process that may open a device send commands to it.
        "command-device" => Tier::Confined,
        // No rule of Landlock hides that a file exists.
        "see-that-a-hidden-file-exists" => Tier::Full,
        name if name.starts_with("share-") && name != "share-memory" => Tier::Full,
        _ => Tier::Weak,
    }
}

impl Sandbox {
    /// Try every attack in this sandbox.
    ///
    /// # Errors
    /// The targets could not be set up, or the job that attacks did not run to its end.
    pub fn self_test(&self) -> Result<Vec<AttackOutcome>, Error> {
        self.attack(false, |job| self.run(job))
    }

    /// Try every attack in this sandbox, in a job that may connect, under its monitor. `config` makes the configuration
    /// of the monitor, given the folder in which that job runs.
    ///
    /// # Errors
    /// As [`self_test`](Self::self_test).
    pub fn self_test_connecting<M: Monitor>(
        &self,
        config: impl FnOnce(&Path) -> M::Config,
    ) -> Result<Vec<AttackOutcome>, Error> {
        self.attack(true, |job| {
            let config = config(&job.folder);
            let (execution, _) = self.run_monitored::<M>(job, &config)?;
            Ok(execution)
        })
    }

    fn attack(
        &self,
        may_connect: bool,
        run: impl FnOnce(&Job) -> Result<Execution, Error>,
    ) -> Result<Vec<AttackOutcome>, Error> {
        let set_up = |error| Error::SelfTest(SelfTestError::SetUp(error));
        let targets = Targets::set_up(self.program()).map_err(set_up)?;
        let tier = self.tier();
        // At tier `none` there is no filter, and the attacks are those that one would refuse.
        let kind = JobKind {
            stage: Stage::Run,
            tier: tier.max(Tier::Weak),
            may_connect,
        };
        let calls = seccomp::lines_for(kind)
            .filter(|line| tier != Tier::None || line.rule != Calls::Signals)
            .map(|line| Call {
                rule: line.rule.as_str().to_owned(),
                number: line.number,
                arguments: line.try_with,
                errno: line.errno,
            })
            .collect();
        let info = serde_json::to_string(&targets.info(tier, calls))
            .map_err(|error| Error::SelfTest(SelfTestError::Report(error)))?;
        let mut job =
            Job::new(targets.program(), targets.data(), &LIMITS).scratch(targets.scratch());
        job.may_connect = may_connect;
        job.arguments = vec![SELF_TEST_ARGUMENT.into(), info];
        let execution = {
            // As a caller may by mistake, leave a descriptor open that every child inherits.
            let _inherited = targets.open_inheritable().map_err(set_up)?;
            run(&job)?
        };
        if execution.termination != (Termination::Exited { code: 0 }) {
            return Err(Error::SelfTest(SelfTestError::Ended {
                ended: execution.termination,
                stderr: execution.stderr.head.trim().to_owned(),
            }));
        }
        let mut outcomes = Vec::new();
        for line in execution.stdout.head.lines() {
            let report: AttackReport = serde_json::from_str(line)
                .map_err(|error| Error::SelfTest(SelfTestError::Report(error)))?;
            outcomes.push(AttackOutcome {
                promised: tier >= promised_from(&report.name),
                name: report.name,
                outcome: report.outcome,
                detail: report.detail,
            });
        }
        for (name, detail) in targets.traces() {
            if let Some(seen) = outcomes.iter_mut().find(|seen| seen.name == name) {
                seen.outcome = Outcome::GotThrough;
                seen.detail = detail.into();
            }
        }
        if outcomes.len() < table::NAMES.len() {
            return Err(Error::SelfTest(SelfTestError::Unfinished));
        }
        Ok(outcomes)
    }
}

/// Be the attacker, or a process that it attacks.
pub(crate) fn run_attacker(argument: Option<&str>) -> ExitCode {
    match argument {
        Some(targets::VICTIM) => targets::run_victim(),
        Some(argument) => match serde_json::from_str(argument) {
            Ok(info) => table::attack(&info),
            Err(_) => ExitCode::FAILURE,
        },
        None => ExitCode::FAILURE,
    }
}
