//! Attacks on the sandbox, made by this program from inside, to see that they fail.
//!
//! # Theory of operation
//!
//! A sandbox that is only configured may do nothing. So before it is trusted, a job is run in it that
//! tries what a hostile program might: to read a hidden file, to kill a process of ours, to reach a
//! listener on this machine, and, for every line of the filter, the call itself. The targets are real and
//! expendable: files, listeners, and processes that exist only for this.
//!
//! The attacker reports what it managed; where that can be seen from outside, we look as well. An attack
//! that gets through where the tier promises that it does not is a reason not to run anything.
//!
//! Attacks do no harm where nothing stops them: at tier `none` all of them are tried in earnest.

mod attempt;
mod kernel;
mod network;
mod paths;
mod processes;
mod table;
mod targets;

use std::process::ExitCode;

use evidence::Termination;

pub use self::attempt::Outcome;
use self::{
    attempt::{AttackReport, Call, LIMITS},
    targets::LiveTargets,
};
use crate::{
    client::{protocol::SELF_TEST_ARGUMENT, sandbox::Sandbox},
    error::{Error, SelfTestError},
    job::{Job, Stage},
    rule::Calls,
    spawn::seccomp,
    tier::Tier,
};

/// One attack, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttackOutcome {
    /// The attack's name; those on single system calls are called `call-` and their rule.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The system's answer, or why it could not be tried.
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

/// From which tier on an attack is promised to fail.
fn promised_from(name: &str) -> Tier {
    match name {
        // These hold whatever the tier.
        "environment" | "descriptors" | "session" | "core-file" => Tier::None,
        "exceed-tasks" => Tier::Weak,
        name if name.starts_with("exceed-") => Tier::None,
        // Older versions of Landlock leave devices to whoever may open them.
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
        let failed = Error::SelfTest;
        let set_up = |error| failed(SelfTestError::SetUp(error));
        let live = LiveTargets::set_up(self.program()).map_err(set_up)?;
        let tier = self.tier();
        // At tier `none` there is no filter, and the attacks are those that one would refuse.
        let calls = seccomp::lines_for(Stage::Run, tier.max(Tier::Weak))
            .filter(|line| tier != Tier::None || line.rule != Calls::Signals)
            .map(|line| Call {
                rule: line.rule.as_str().to_owned(),
                number: line.number,
                arguments: line.try_with,
                errno: line.errno,
            })
            .collect();
        let targets = serde_json::to_string(&live.targets(tier, calls))
            .map_err(|error| failed(SelfTestError::Report(error)))?;
        let mut job = Job::new(live.program(), live.data(), &LIMITS).scratch(live.scratch());
        job.arguments = vec![SELF_TEST_ARGUMENT.into(), targets];
        let execution = {
            // Whoever starts us may leave a descriptor open by mistake; here is one.
            let _left_open = live.leave_a_descriptor_open().map_err(set_up)?;
            self.run(&job)?
        };
        if execution.termination != (Termination::Exited { code: 0 }) {
            return Err(failed(SelfTestError::Ended {
                ended: execution.termination,
                stderr: execution.stderr.head.trim().to_owned(),
            }));
        }
        let mut outcomes = Vec::new();
        for line in execution.stdout.head.lines() {
            let report: AttackReport =
                serde_json::from_str(line).map_err(|error| failed(SelfTestError::Report(error)))?;
            outcomes.push(AttackOutcome {
                promised: tier >= promised_from(&report.name),
                name: report.name,
                outcome: report.outcome,
                detail: report.detail,
            });
        }
        for (name, detail) in live.traces() {
            if let Some(seen) = outcomes.iter_mut().find(|seen| seen.name == name) {
                seen.outcome = Outcome::GotThrough;
                seen.detail = detail.into();
            }
        }
        if outcomes.len() < table::NAMES.len() {
            return Err(failed(SelfTestError::Unfinished));
        }
        Ok(outcomes)
    }
}

/// Be the attacker, or the process that it attacks.
pub(crate) fn run_attacker(argument: Option<&str>) -> ExitCode {
    match argument {
        Some(targets::VICTIM) => targets::be_a_victim(),
        Some(argument) => match serde_json::from_str(argument) {
            Ok(targets) => table::attack(&targets),
            Err(_) => ExitCode::FAILURE,
        },
        None => ExitCode::FAILURE,
    }
}
