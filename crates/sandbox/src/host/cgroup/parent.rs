//! Where the groups of jobs are made. Plain data: `discovery` finds it, and `group` makes groups there.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The groups below which the groups of jobs are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CgroupParent {
    /// In version 2, one folder for all controllers.
    V2(PathBuf),
    /// In version 1, a folder for each controller that can be used.
    V1 {
        memory: Option<PathBuf>,
        tasks: Option<PathBuf>,
        cpu: Option<PathBuf>,
    },
}

impl CgroupParent {
    /// The folder of each group.
    pub(super) fn folders(&self) -> Vec<&Path> {
        match self {
            Self::V2(folder) => vec![folder],
            Self::V1 { memory, tasks, cpu } => [memory, tasks, cpu]
                .into_iter()
                .flatten()
                .map(PathBuf::as_path)
                .collect(),
        }
    }
}
