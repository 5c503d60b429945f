//! The data files: which descriptor leads to which of them, and what their times show after a run.
//!
//! `data_files` knows the files by device and inode, and `descriptors` queries the descriptors of another process.
//! `access_times` is the second witness: it needs no observer, and finds out afterwards which files were read.
//!
//! This folder hides how a file is identified. It never decides what an access costs.

pub(crate) mod access_times;
pub(crate) mod data_files;
pub(crate) mod descriptors;
