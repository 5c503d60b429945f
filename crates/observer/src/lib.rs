//! Observe one program from outside: which thread reads which data file, and how many reads overlap.
//!
//! # Theory of operation
//!
//! On a fast disk a clock cannot show whether a program reads in parallel: one thread is done before the next one
//! starts. So every access to a data file is held, as by a disk that is slower than everything else. When no thread
//! of the program can run any more, the program is *quiescent*: all reads that it can have in flight at once *are* in
//! flight. Then a virtual clock moves on to the time at which the first of the held reads are due, and these return
//! together. To read a whole file takes one *round* of virtual time, and a part of a file takes quarters of a round;
//! `blocks` has the law. The number of files that were read, divided by the rounds that this took, is the mean number
//! of reads in flight. It is exact, and does not depend on the machine, its load and its number of processors. Nor
//! does it take long, as no thread waits for a real disk.
//!
//! # Modules
//!
//! | module | does |
//! | --- | --- |
//! | `seccomp` | reports system calls of the program, and responds to them |
//! | `files` | finds the data file behind a descriptor; has the second witness, [`AccessTimes`] |
//! | `blocks` | decides which accesses are held, and for how long |
//! | `virtual_disk` | has the held reads and the virtual clock |
//! | `server` | gives out data files over HTTP |
//! | `timed_waits` | has the held waits with a limit on time |
//! | `quiescence` | finds out whether the program is quiescent |
//! | `ledger` | keeps the account of what was seen |
//! | `read_observer` | puts these together as a [`Monitor`](sandbox::Monitor) |
//! | `run` | runs a job under the observer |
//! | `self_test` | observes programs whose concurrency is known, and compares |
//!
//! This crate never judges a program. If it fails itself, it returns an error, and never a smaller number.
//!
//! # Example
//!
//! The crate starts the program that uses it again, as a supervisor. So `main` calls [`entry`] first.
//! `examples/count_reads.rs` is a whole program, which observes itself.
//!
//! ```no_run
//! use std::{env, error::Error, process::ExitCode, time::Duration};
//!
//! use evidence::Observed;
//! use observer::ObserverOptions;
//! use sandbox::{Cancellation, Job, Limits, Sandbox};
//!
//! fn main() -> ExitCode {
//!     observer::entry().unwrap_or_else(|| match count_reads() {
//!         Ok(()) => ExitCode::SUCCESS,
//!         Err(error) => {
//!             eprintln!("{error}");
//!             ExitCode::FAILURE
//!         }
//!     })
//! }
//!
//! fn count_reads() -> Result<(), Box<dyn Error>> {
//!     let host = sandbox::probe(&env::current_exe()?)?;
//!     let sandbox = Sandbox::new(&host, host.tier, Cancellation::default())?;
//!     observer::can_observe(&sandbox)??;
//!     let limits = Limits {
//!         wall: Duration::from_secs(10),
//!         cpu: Duration::from_secs(10),
//!         memory_bytes: 512 << 20,
//!         tasks: 200,
//!         open_files: 256,
//!         file_bytes: 1 << 20,
//!         disk_bytes: 1 << 20,
//!         disk_files: 10,
//!         output_bytes: 1 << 16,
//!     };
//!     let job = Job::new("/opt/program", "/tmp/data", &limits);
//!     let execution = observer::observe(&sandbox, &job, "/tmp/data", ObserverOptions::default())?;
//!     if let Some(Observed::Seen(seen)) = &execution.observation {
//!         println!("{:.2} reads in flight on average", seen.concurrency.effective);
//!     }
//!     Ok(())
//! }
//! ```

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
mod server;
mod sys;
mod timed_waits;
mod virtual_disk;

/// The example in the README, kept true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

use std::process::ExitCode;

pub use crate::{
    files::access_times::{AccessTimes, AccessTimesError, Stamps, Unchanged},
    options::{ObserverOptions, ReadObserverConfig, Served, ServerAnswer, SlowData, SlowFile},
    read_observer::ReadObserver,
    run::{can_observe, observe, run_unobserved},
    self_test::{Count, SelfTestError, attack_as_client, self_test},
};

/// Find out whether this process was started by this crate or by `sandbox`: as a supervisor that can observe, as an
/// attacker, or as the self-test's program. If so, do its work and return its exit code, with which `main` must end.
/// `None` means that `main` goes on as usual.
///
/// Call it first in `main`, in the place of [`sandbox::entry`].
#[must_use]
pub fn entry() -> Option<ExitCode> {
    sandbox::entry::<ReadObserver>().or_else(self_test::entry)
}
