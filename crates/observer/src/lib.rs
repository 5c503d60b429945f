//! Watch one program from outside: which thread reads which data file, and how many reads overlap.
//!
//! # Theory of operation
//!
//! On a fast disk nobody can tell by a clock whether a program reads in parallel: its threads are done
//! before the next one starts. So every access to a data file is stopped and held, as by a disk that is
//! slower than anything. When nothing in the program can run any more, all that it can have under way
//! at once *is* under way. Then a virtual clock moves on to the time at which the first of the held accesses
//! are due, and these go on together. A read of a whole file takes one *round* of virtual time, and a part of
//! a file takes quarters of a round: `blocks` has the law. What was read divided by the time that it took is
//! the mean number of reads in flight, exactly, and independent of the machine, its load and its number of
//! processors. And it is quick: nobody waits for a real disk.
//!
//! Holding is done by the kernel: `filter` is a seccomp filter that hands some system calls to us
//! instead of carrying them out, and `notify` receives and answers them. `calls` says what each of them
//! means: `files` finds which file an access goes to, `blocks` decides which accesses wait and for how long,
//! `virtual_disk` is the clock, `quiescence` finds the moment at which no thread can run, and `ledger` writes
//! down what was seen. `fake_cpus` shows the program the same number of processors everywhere.
//!
//! This crate judges nothing, and a failure of its own is an error, never a smaller number.

mod blocks;
mod files;
mod ledger;
mod memory;
mod options;
mod quiescence;
mod read_observer;
mod run;
mod seccomp;
mod self_test;
mod sys;
mod virtual_disk;

use std::process::ExitCode;

pub use crate::{
    files::access_times::{AccessTimes, AccessTimesError, Stamps},
    options::{ObserverOptions, ReadObserverConfig},
    read_observer::ReadObserver,
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
