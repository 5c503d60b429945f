//! Run one job under limits, watched, and leave nothing behind.
//!
//! # Theory of operation
//!
//! Each job gets a process of its own to watch over it, the *supervisor*. All of them are copies of one
//! process, this same program started with a hidden argument (`nursery`). The supervisor is the parent
//! of the job's first process and the reaper of every process below it, so that a daemon that leaves its
//! session and its group still comes back to us. It has one thread and one loop, which waits for the
//! job's end, its output, its time limit, and for the grader: when the grader goes, for whatever reason,
//! the line between them closes, and the supervisor kills the job and goes as well.
//!
//! A job ends when its first process does, or when we end it. Then everything that is left is killed,
//! and only when the kernel says that no child is left does the supervisor report.
//!
//! # Fences
//!
//! How a job is kept to itself is its [`Tier`](crate::course::Tier), and which tiers hold here is found
//! by [`probe`], which starts a process through all fences. `launch` puts them up, in this order: in the
//! full tier namespaces and a root that holds only what the job may see (`view`); a user of its own if
//! we are root (`own_user`); no new privileges; Landlock's allow-list of paths (`fence`); at last the filter on system
//! calls (`seccomp`, compiled by `bpf`). A fence that does not hold is a fault, never a job without it.
//! [`run_canaries`] attacks from inside, to see that they all do.
//!
//! What the whole tree of a job's processes uses is counted by control groups where we may make any
//! (`cgroup`), otherwise by reading `/proc` (`tree`, `account`, `shared`, `disk`); `meter` compares it with the limits, and
//! `kill` ends what is left and has the kernel's word for it that nothing is. What the kernel limits for
//! each process (`rlimits`) is a second line.
//!
//! What is promised at which tier, and what is not, is in `SECURITY.md`.
//!
//! Beside jobs this room keeps the places where they work: [`Scratch`], a temporary folder that is gone
//! afterwards whatever a job put into it, and [`Watch`], which tells from file times what was read.
//!
//! This room never knows an exercise, a student or a point.

mod ability;
mod account;
mod bpf;
mod canary;
mod cancel;
mod capture;
mod cgroup;
mod channel;
mod disk;
mod fence;
mod file_times;
mod job;
mod kill;
mod launch;
mod meter;
mod nursery;
mod observer;
mod os;
mod own_user;
mod proc_text;
mod remove;
mod rlimits;
mod scratch;
mod seccomp;
mod shared;
mod stream;
mod supervisor;
mod tree;
mod umask;
mod view;

pub use ability::{Abilities, Isolation, Layer, probe};
pub use canary::{
    CANARY_ARGUMENT, CanaryOutcome, Count, Fate, play_canary, prove_observer, run_canaries,
};
pub use cancel::Cancellation;
pub use file_times::{Stamps, Watch};
pub use job::{Job, Observe, Sandbox, Stage, Writable};
pub use observer::ObserverOptions;
#[doc(hidden)]
pub use proc_text::read_proc_text;
pub use remove::remove_tree;
pub use rlimits::prove_grants;
pub use scratch::{Place, Scratch};
#[doc(hidden)]
pub use seccomp::rules;
pub use supervisor::{SUPERVISOR_ARGUMENT, supervise};
pub use umask::{close_to_jobs, mode_for_caller};
pub use view::shown_of_system;

/// Make this process, whichever it is, one that hears of its children's ends. For `main`, before all else.
pub fn hear_of_children() {
    os::hear_of_children();
}

/// Close this process, the grader, to others of the same user: nobody may read its memory, and what it
/// makes can be read by a job's user. For `main`, once, at its start.
pub fn shield_this_process() {
    umask::open_to_jobs();
    // Refused where somebody watches us; a job is kept from us by its fences besides.
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
