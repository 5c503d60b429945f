//! Run one job under limits, isolated and watched, and leave nothing behind. Without root, without Docker.
//!
//! # Theory of operation
//!
//! Each job gets a process of its own to watch over it, the *supervisor*. All of them are copies of one
//! process, the *zygote*: the same program, started with a hidden argument ([`entry`]). The supervisor is
//! the parent of the job's first process and the reaper of every process below it, so that a daemon that
//! leaves its session and its group still becomes the supervisor's child. It has one thread and one loop,
//! which waits for the job's end, its output, its time limit, and for the client: when the client ends,
//! for whatever reason, the line between them closes, and the supervisor kills the job and exits as well.
//!
//! A job ends when its first process does, or when a limit is passed. Then everything that is left is
//! killed, and only when the kernel says that no child is left does the supervisor respond.
//!
//! # Isolation
//!
//! How a job is isolated is its [`Tier`], and [`probe`] finds out by trial which tiers hold here. The layers
//! are put up in this order (`spawn`): in the full tier namespaces and a root file system that holds only
//! what the job may see; a user of its own if we are root; no new privileges; Landlock's list of allowed
//! paths; at last the filter on system calls. A layer that does not hold is an error, never a job without
//! it. [`Sandbox::self_test`] attacks from inside, to see that they all hold.
//!
//! # Limits
//!
//! What the whole tree of a job's processes uses is counted by control groups where we may make any,
//! otherwise by reading `/proc` (`accounting`). What the kernel limits for each process is a second line.
//!
//! # Monitors
//!
//! A [`Monitor`] sees some of a job's system calls before they are carried out, and answers them.
//!
//! This crate never knows what a job is for.

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
mod supervisor;
mod sys;
mod tier;

use std::process::ExitCode;

use crate::client::protocol::{SELF_TEST_ARGUMENT, SUPERVISOR_ARGUMENT};
#[doc(hidden)]
pub use crate::fuzz_entry::read_proc_text;
pub use crate::{
    cancel::Cancellation,
    client::sandbox::Sandbox,
    error::{Error, Granted, JobError, Missing, SelfTestError, Step, StepError},
    host::probe::{HostSupport, Layer, probe},
    job::{Job, Stage, Writable},
    limits::Limits,
    monitor::{Monitor, NoConfig, NoMonitor},
    self_test::{AttackOutcome, Outcome},
    spawn::{rlimits::prove_grants, rootfs::system_paths},
    tier::{Tier, UnknownTier},
};

/// Find out whether this process is the caller's own program, and be something else if it is not. Call it
/// first in `main`: sandboxes start the program again, as their zygote and as an attacker.
///
/// `M` is the monitor that jobs of this program may have; [`NoMonitor`] if they have none.
///
/// `None` means: go on as the program. Otherwise return the exit code.
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

/// Keep this process's memory unreadable to other processes of the same user. Call it once at the start of a
/// program that holds what jobs must not see.
pub fn set_not_dumpable() {
    // An error is ignored: isolation keeps jobs from this process anyway.
    let _ = sys::set_not_dumpable();
}
