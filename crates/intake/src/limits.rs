//! How large a submission may be.
//!
//! Never chooses a limit: the course does.

/// How large a submission may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Files and folders together.
    pub entries: usize,
    /// Bytes of all files together.
    pub bytes: u64,
    /// Folders inside folders.
    pub depth: usize,
}
