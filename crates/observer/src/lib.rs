//! Watch one program from outside: which thread reads which data file, and how many reads overlap.
//!
//! # Theory of operation
//!
//! On a fast disk nobody can tell by a clock whether a program reads in parallel: its threads are done
//! before the next one starts. So every access to a data file is stopped and held, as by a disk that is
//! slower than anything. When nothing in the program can run any more, all that it can have under way
//! at once *is* under way. Then a virtual clock moves on by one unit and all held accesses go on
//! together: one *round*. Files divided by rounds is the mean number of reads in flight, exactly, and
//! independent of the machine, its load and its number of processors. And it is quick: nobody waits
//! for a real disk.
//!
//! Holding is done by the kernel: `filter` is a seccomp filter that hands some system calls to us
//! instead of carrying them out, and `notify` receives and answers them. `calls` says what each of them
//! means: `files` finds which file an access goes to, `passes` decides which accesses wait, `disk` is
//! the clock, `tasks` finds out whether the program is at rest, `patience` for how long a thread that
//! will not rest is waited for, and `ledger` writes down what was seen. `fake_cpus` shows the program
//! the same number of processors everywhere.
//!
//! This crate judges nothing, and a failure of its own is an error, never a smaller number.

mod access_times;
mod calls;
mod descriptors;
mod disk;
mod fake_cpus;
mod files;
mod filter;
mod ledger;
mod memory;
mod notify;
mod passes;
mod patience;
mod processes;
mod read_observer;
mod run;
mod self_test;
mod sleep;
mod sys;
mod syscalls;
mod task_files;
mod tasks;

use std::process::ExitCode;

pub use crate::{
    access_times::{AccessTimes, AccessTimesError, Stamps},
    read_observer::{ObserverOptions, ReadObserver, ReadObserverConfig},
    run::{can_observe, observe},
    self_test::{Count, SelfTestError, self_test},
};

/// Find out whether this process is the caller's own program, and be something else if it is not: a
/// supervisor that can observe, an attacker, or a reader whose reads are counted. Call it first in `main`,
/// in place of [`sandbox::entry`].
///
/// `None` means: go on as the program. Otherwise return the exit code.
#[must_use]
pub fn entry() -> Option<ExitCode> {
    sandbox::entry::<ReadObserver>().or_else(self_test::entry)
}
