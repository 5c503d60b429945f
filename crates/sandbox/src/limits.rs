//! What one job may use. Plain data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one job, a whole tree of processes, may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Real time.
    pub wall: Duration,
    /// Processor time, all processes together.
    pub cpu: Duration,
    /// Bytes of memory, all processes together.
    pub memory_bytes: u64,
    /// Processes and threads at once.
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
