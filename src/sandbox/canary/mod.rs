//! Canaries: real attacks, made by this program from inside the sandbox, to see that they fail.
//!
//! # Theory of operation
//!
//! A sandbox that is only configured may do nothing. So before it is trusted, a job is run in it that
//! tries what a submission might: to read a hidden file, to kill a process of ours, to reach a listener
//! on this machine, and, for every line of the filter, the call itself. The prey is real and
//! expendable: a file, listeners, and a process that is there to be killed.
//!
//! The job reports what it managed; where that can be seen from outside, we look as well. A canary that
//! gets through where the tier promises that it does not is a reason not to run anything.
//!
//! A claim to *see* is proven in the same way, by a program of which it is known what there is to be seen:
//! `readers`.
//!
//! Attacks do no harm where nothing stops them: at tier `none` all of them are tried in earnest.

mod attacks;
mod on_kernel;
mod on_network;
mod on_paths;
mod on_processes;
mod prey;
mod readers;

use std::{path::Path, process::ExitCode, time::Duration};

use serde::{Deserialize, Serialize};

use self::prey::Prey;
pub use self::readers::{Count, prove_observer};
use super::{Job, Sandbox, Stage, seccomp};
use crate::{
    course::{Limits, Tier},
    fault::{Fault, FaultKind},
};
use evidence::Termination;

/// The hidden first argument by which this program knows that it is to play the attacker.
pub const CANARY_ARGUMENT: &str = "__canary";

/// What became of one attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It failed.
    Stopped,
    /// It succeeded.
    GotThrough,
    /// It could not be tried here.
    NotApplicable,
}

/// One attack, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryOutcome {
    /// The attack's name; those on single system calls are called `call-` and their rule.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
    /// The system's answer, or why it could not be tried.
    pub detail: String,
    /// Whether the tier promises that it is stopped.
    pub promised: bool,
}

impl CanaryOutcome {
    /// Whether the tier breaks its promise.
    #[must_use]
    pub fn is_breach(&self) -> bool {
        self.promised && self.fate == Fate::GotThrough
    }
}

/// What the attacker is told.
#[derive(Debug, Serialize, Deserialize)]
struct Targets {
    hidden_file: std::path::PathBuf,
    hidden_folder: std::path::PathBuf,
    open_folder: std::path::PathBuf,
    /// To be made, in the folders that are everybody's.
    temporary_files: Vec<std::path::PathBuf>,
    /// Of the grader, by which one can tell whether they are one's own.
    namespaces: Vec<std::path::PathBuf>,
    /// The user that the grader runs as.
    grader: u32,
    is_full: bool,
    victim: i32,
    second_victim: i32,
    tcp_port: u16,
    udp_port: u16,
    unix_socket: std::path::PathBuf,
    unix_datagrams: std::path::PathBuf,
    abstract_socket: String,
    calls: Vec<Call>,
}

/// A line of the filter, to be tried.
#[derive(Debug, Serialize, Deserialize)]
struct Call {
    rule: String,
    number: i64,
    arguments: [u64; 6],
    errno: i32,
}

/// What the attacker reports, one a line.
#[derive(Debug, Serialize, Deserialize)]
struct Song {
    name: String,
    fate: Fate,
    detail: String,
}

const LIMITS: Limits = Limits {
    wall: Duration::from_secs(20),
    cpu: Duration::from_secs(10),
    memory_bytes: 512 << 20,
    tasks: 64,
    open_files: 256,
    file_bytes: 1 << 20,
    disk_bytes: 4 << 20,
    disk_files: 64,
    output_bytes: 256 << 10,
};

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

/// Try every attack in `sandbox`.
///
/// # Errors
/// The prey could not be set up, or the job that attacks did not run to its end.
pub fn run_canaries(sandbox: &Sandbox) -> Result<Vec<CanaryOutcome>, Fault> {
    let prey = Prey::set_up(sandbox.supervisor())?;
    let tier = sandbox.tier();
    // At tier `none` there is no filter, and the attacks are those that one would refuse.
    let calls = seccomp::lines_for(Stage::Run, tier.max(Tier::Weak))
        .filter(|line| tier != Tier::None || line.rule != "signals")
        .map(|line| Call {
            rule: line.rule.to_owned(),
            number: line.number,
            arguments: line.try_with,
            errno: line.errno,
        })
        .collect();
    let targets = serde_json::to_string(&prey.targets(tier, calls)).map_err(|error| {
        Fault::new(FaultKind::Internal, "failed to name the canaries' targets").because(error)
    })?;
    let mut job = Job::new(prey.program(), prey.data(), &LIMITS).scratch(prey.scratch());
    job.arguments = vec![CANARY_ARGUMENT.into(), targets];
    let execution = {
        // Whoever starts us may leave a descriptor open by mistake; here is one.
        let _left_open = prey.leave_a_descriptor_open()?;
        sandbox.run(&job)?
    };
    let unfinished =
        |why: String| Fault::new(FaultKind::Sandbox, "failed to run the canaries").because(why);
    if execution.termination != (Termination::Exited { code: 0 }) {
        return Err(unfinished(format!(
            "they {}: {}",
            format_args!("{:?}", execution.termination),
            execution.stderr.head.trim()
        )));
    }
    let mut outcomes = Vec::new();
    for line in execution.stdout.head.lines() {
        let song: Song =
            serde_json::from_str(line).map_err(|error| unfinished(error.to_string()))?;
        outcomes.push(CanaryOutcome {
            promised: tier >= promised_from(&song.name),
            name: song.name,
            fate: song.fate,
            detail: song.detail,
        });
    }
    for (name, detail) in prey.look() {
        if let Some(outcome) = outcomes.iter_mut().find(|outcome| outcome.name == name) {
            outcome.fate = Fate::GotThrough;
            outcome.detail = detail.into();
        }
    }
    if outcomes.len() < attacks::NAMES.len() {
        return Err(unfinished("some of them never came back".into()));
    }
    Ok(outcomes)
}

/// Play the attacker, its victim, or a reader whose reads are counted. For `main` only.
#[must_use]
pub fn play_canary(argument: Option<&str>) -> ExitCode {
    match argument {
        Some(prey::VICTIM) => prey::be_a_victim(),
        Some(argument) => match argument.strip_prefix(readers::READERS) {
            Some(threads) => readers::read_all(threads),
            None => match serde_json::from_str(argument) {
                Ok(targets) => attacks::attack(&targets),
                Err(_) => ExitCode::FAILURE,
            },
        },
        None => ExitCode::FAILURE,
    }
}

impl Sandbox {
    /// Where this program is.
    fn supervisor(&self) -> &Path {
        self.program()
    }
}
