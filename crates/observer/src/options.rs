//! What the caller of the observer chooses: which files are observed, what the program is shown, and the limits.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// What the observer shows to the program, and the limits of an observation. Beyond a limit the observation ends
/// early, and the program runs on unobserved.
///
/// Build it with `..ObserverOptions::default()`, as fields may be added.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObserverOptions {
    /// The number of processors that the program sees.
    pub processors: u32,
    /// The longest real time in which the program becomes quiescent, after the clock has moved.
    pub rest_limit: Duration,
    /// The longest real time, over the whole run, that may be spent on threads which are then ignored, because they
    /// used up their budgets.
    pub restless_limit: Duration,
    /// The longest real time, over the whole run, in which some read may be held. The program's own limit on real
    /// time does not count it.
    pub hold_limit: Duration,
    /// The largest number of rounds for each data file. A run has 1000 rounds at least. Where each file has a latency
    /// of its own, this is the largest number of times that the run may take all latencies one after the other; such a
    /// run has ten minutes of virtual time at least.
    pub rounds_per_file: u32,
    /// The data files and their latencies, if each has one of its own. Then virtual time is counted in milliseconds,
    /// and waits with a limit on time take virtual time as well. If not, all files are equally slow.
    pub slow: Option<SlowData>,
}

/// Data files of which each has a latency of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlowData {
    /// The data files, in byte order of their names. No other file counts as data.
    pub files: Vec<SlowFile>,
}

/// One data file and its latency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowFile {
    /// Its name, relative to the folder of the data, with `/` between the parts.
    pub name: String,
    /// What it costs to read the whole file, in milliseconds of virtual time. Each of its four blocks costs a quarter,
    /// rounded up.
    pub latency_ms: u32,
    /// How the observer's server gives it out, if it is not in the folder of the data.
    pub served: Option<Served>,
}

/// A data file that the program gets from the server of the observer, at `http://127.0.0.1:8000/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The file with its contents. The program must not be able to open it, and the observer must: it may run as the
    /// user of the program, whom the sandbox keeps away from the file.
    pub contents: PathBuf,
    /// What the server answers to a request for it.
    pub answer: ServerAnswer,
}

/// What the server answers to a request for a file, when its latency has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerAnswer {
    /// The file: status 200.
    Whole,
    /// There is no such file: status 404.
    NotFound,
    /// The server has no time: status 503.
    Unavailable,
    /// Status 200 and the length of the whole file, but only its first half. Then the connection is closed.
    Truncated,
    /// The file is at `/moved/NAME`: status 302. There it is given out whole, when its latency has passed again.
    Redirect,
}

impl Default for ObserverOptions {
    fn default() -> Self {
        Self {
            processors: 8,
            rest_limit: Duration::from_secs(10),
            restless_limit: Duration::from_secs(6),
            hold_limit: Duration::from_secs(30),
            rounds_per_file: 20,
            slow: None,
        }
    }
}

/// Which part of a program's calls the observer sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Scope {
    /// All calls about reads and threads, and about processors.
    Reads {
        /// Whether the program can open files in which the kernel describes its processors. If so, all opens are seen.
        /// If not, only those that may change a data file or hide a read: the others change no count, and to see them
        /// takes a fifth of the time.
        has_kernel_files: bool,
    },
    /// Only what a program must find the same as in an observed run: its processors, and calls that are refused.
    Surroundings {
        /// Whether the program can open files in which the kernel describes its processors.
        has_kernel_files: bool,
    },
}

/// The configuration of a [`ReadObserver`](crate::ReadObserver).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReadObserverConfig {
    /// The folder of the data files.
    pub data: PathBuf,
    /// What the program is shown, and the limits.
    pub options: ObserverOptions,
    /// Which calls are seen.
    pub(crate) scope: Scope,
}

impl ReadObserverConfig {
    /// Observe the reads of the files in the folder `data`, and all opens.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>, options: ObserverOptions) -> Self {
        Self::of_reads(data, options, true)
    }

    /// Observe the reads of the files in the folder `data`, and all opens if the program can open files in which the
    /// kernel describes its processors.
    pub(crate) fn of_reads(
        data: impl Into<PathBuf>,
        options: ObserverOptions,
        has_kernel_files: bool,
    ) -> Self {
        let data = data.into();
        Self {
            data,
            options,
            scope: Scope::Reads { has_kernel_files },
        }
    }

    /// Observe no read, but show the program the same surroundings as if its reads were observed.
    pub(crate) fn of_surroundings(options: ObserverOptions, has_kernel_files: bool) -> Self {
        Self {
            data: PathBuf::new(),
            options,
            scope: Scope::Surroundings { has_kernel_files },
        }
    }
}
