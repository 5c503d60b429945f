//! The limits of one job. Plain data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The limits of one job, which is a whole tree of processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Real time.
    pub wall: Duration,
    /// Processor time of all processes together.
    pub cpu: Duration,
    /// Bytes of memory of all processes together.
    pub memory_bytes: u64,
    /// Processes and threads at the same time.
    pub tasks: u64,
    /// Open files of one process.
    pub open_files: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files in the folders it may write to.
    pub disk_bytes: u64,
    /// Files and folders in the folders it may write to.
    pub disk_files: u64,
    /// Bytes written to one of standard output and standard error.
    pub output_bytes: u64,
}
