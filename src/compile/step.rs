//! What a build reports while it is at work.
//!
//! Never shows anything: `cli` does.

/// A step of a build that may take long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The versions of the course's crates are chosen, because there is no lock file.
    Locking,
    /// Another process compiles the crates that are needed.
    Waiting,
    /// Cargo downloads the course's crates.
    Fetching {
        /// How many of them are there.
        done: usize,
        /// How many are downloaded in all, once that is known.
        of: Option<usize>,
    },
    /// The compiled crates were damaged and are made again.
    Damaged,
    /// Cargo compiles the course's crates.
    Crates {
        /// How many of them are compiled.
        done: usize,
        /// How many are compiled in all.
        of: usize,
        /// The one that was compiled last.
        last: Option<String>,
    },
    /// The package itself is compiled.
    Package,
}

/// Receives the steps of a build.
pub type Tell<'a> = &'a dyn Fn(Step);
