//! Runs an untrusted program isolated and limited, and leaves no process of it behind. Needs neither root nor
//! a daemon.
//!
//! # Example
//!
//! ```no_run
//! use std::{env, process::ExitCode, time::Duration};
//!
//! use sandbox::{Cancellation, Job, Limits, NoMonitor, Sandbox};
//!
//! fn main() -> ExitCode {
//!     // First of all: the crate starts this program again, as a supervisor or as an attacker.
//!     sandbox::entry::<NoMonitor>().unwrap_or_else(|| match run() {
//!         Ok(()) => ExitCode::SUCCESS,
//!         Err(_) => ExitCode::FAILURE,
//!     })
//! }
//!
//! fn run() -> Result<(), Box<dyn std::error::Error>> {
//!     let limits = Limits {
//!         wall: Duration::from_secs(5),
//!         cpu: Duration::from_secs(5),
//!         memory_bytes: 256 << 20,
//!         tasks: 16,
//!         open_files: 64,
//!         file_bytes: 1 << 20,
//!         disk_bytes: 1 << 20,
//!         disk_files: 100,
//!         output_bytes: 1 << 20,
//!     };
//!     let host = sandbox::probe(&env::current_exe()?)?;
//!     let sandbox = Sandbox::new(&host, host.tier, Cancellation::default())?;
//!     let job = Job::new("/bin/true", env::temp_dir(), &limits);
//!     let execution = sandbox.run(&job)?;
//!     assert!(execution.termination.is_success());
//!     Ok(())
//! }
//! ```
//!
//! A longer one is `examples/run_isolated.rs`.
//!
//! # Theory of operation
//!
//! A separate process watches each job, the *supervisor*. All supervisors are copies of one process, the
//! *zygote*, which is the caller's program, started again with a hidden argument ([`entry`]). The calling
//! process is the *client*.
//!
//! The supervisor is the parent of the job's first process and the reaper of every process below it. So a
//! daemon that leaves its session and its group still becomes the supervisor's child. The supervisor has one
//! thread and one loop, in which it waits for the job's end, its output, its time limit, and the client. When
//! the client exits, for whatever reason, the socket between them closes, and the supervisor kills the job and
//! exits as well.
//!
//! A job ends when its first process ends, or when it exceeds a limit. Then the supervisor kills every process
//! that is left, and responds only when the kernel says that no child is left.
//!
//! # Isolation
//!
//! A [`Tier`] says how well a job is isolated, and [`probe`] finds out by trial which tiers hold on this
//! machine. The layers are set up in this order (`spawn`): in the full tier, namespaces and a root file system
//! with only what the job may see; a user of its own, if the client is root; no new privileges; Landlock's
//! list of allowed paths; and at last the filter for system calls. A layer that does not hold is an error, and
//! no job runs without it. [`Sandbox::self_test`] attacks from inside, to prove that all layers hold.
//!
//! # Limits
//!
//! The limits hold for the whole tree of a job's processes. Control groups count what it uses, where the
//! client may make any; elsewhere the supervisor reads `/proc` (`accounting`). The kernel's limits for each
//! process are a second line of defence.
//!
//! Limits around the client, as those of a container, are shared by all jobs. [`surroundings`] says what they leave. A
//! job that they kept something from, which its own limits grant, ends with an error: its end says nothing about it.
//!
//! # Monitors
//!
//! A [`Monitor`] sees some of a job's system calls before they are carried out, and answers them.
//!
//! A job [may connect](Job::may_connect) only to what its monitor gives it: the monitor answers every `connect`, and puts
//! a connected socket in the place of the job's own. The job itself reaches no address.
//!
//! This crate never knows what a job computes.

mod accounting;
pub mod bpf;
mod cancel;
mod client;
mod error;
mod fuzz_entry;
mod host;
mod job;
mod limits;
mod monitor;
pub mod rule;
mod self_test;
mod spawn;
mod standstill;
mod supervisor;
mod sys;
mod tier;

/// The example in the README, kept true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

use std::process::ExitCode;

use crate::client::protocol::{SELF_TEST_ARGUMENT, SUPERVISOR_ARGUMENT};
#[doc(hidden)]
pub use crate::fuzz_entry::read_proc_text;
#[doc(hidden)]
pub use crate::monitor::{RefusesConnections, RefusingConfig};
pub use crate::{
    accounting::progress::threads::slices_are_counted,
    cancel::Cancellation,
    client::sandbox::Sandbox,
    error::{Error, Granted, JobError, Missing, SelfTestError, Step, StepError},
    host::{
        batch_job::BatchJob,
        probe::{HostSupport, Layer, probe, probe_best},
        surroundings::{Allowed, LimitOf, Place, Surroundings, surroundings},
    },
    job::{Job, Stage, Writable},
    limits::Limits,
    monitor::{Monitor, NoConfig, NoMonitor},
    self_test::{AttackOutcome, Outcome},
    spawn::{rlimits::prove_grants, rootfs::system_paths},
    standstill::Standstill,
    tier::{Tier, UnknownTier},
};

/// Find out what this process was started as. Call it first in `main`, because the crate starts the program
/// again, as a zygote or for a self-test.
///
/// `M` is the monitor that jobs of this program may have, or [`NoMonitor`].
///
/// Returns `None` if a caller started the program: go on. Otherwise the process has done its work: return the
/// exit code from `main`.
#[must_use]
pub fn entry<M: Monitor>() -> Option<ExitCode> {
    sys::unblock_sigchld();
    let mut arguments = std::env::args_os().skip(1);
    let role = arguments.next()?;
    match role.to_str()? {
        SUPERVISOR_ARGUMENT => Some(supervisor::supervise::<M>()),
        SELF_TEST_ARGUMENT => {
            let argument = arguments.next();
            let argument = argument.as_ref().and_then(|argument| argument.to_str());
            Some(self_test::run_attacker(argument))
        }
        _ => None,
    }
}

/// Keep the memory of this process unreadable to other processes of its user. Call it once at the start of a
/// program whose memory has something that jobs must not see.
pub fn set_not_dumpable() {
    // An error is ignored: isolation keeps jobs from this process anyway.
    let _ = sys::set_not_dumpable();
}
