//! Where the threads of a program stood when it was stopped.

use serde::{Deserialize, Serialize};

/// Where a thread stood when the program was stopped because it did not end by itself, and others with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadStanding {
    /// How many threads stood in the same place, at least 1.
    pub threads: u32,
    /// Whether it is the first thread of its process, which began with `main`.
    pub is_first: bool,
    /// Whether it ran, or waited for a processor.
    pub runs: bool,
    /// The system call in which it slept, by its number and its arguments. `None` if it ran, or if that could not be
    /// seen.
    pub call: Option<(i64, [u64; 6])>,
    /// The functions of the program that it was in, innermost first: paths such as `my_crate::main::{{closure}}`, as the
    /// program's own table of symbols names them. A program may name them as it likes. At most 32.
    pub functions: Vec<String>,
}
