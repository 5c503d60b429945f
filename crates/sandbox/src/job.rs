//! A job: one program to run, what it may see and what it may use. Plain data.
//!
//! Never runs anything: [`Sandbox`](crate::Sandbox) does.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::limits::Limits;

/// What a job is for. A build starts compilers and linkers, and may change the mode of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Compile a submission. Sees the system's programs besides its libraries.
    Build,
    /// Run what was compiled. Sees the system's libraries only.
    Run,
}

/// A folder that a job may do everything with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writable {
    /// The folder, absolute; it exists. It comes to belong to the job's user, with all in it.
    pub path: PathBuf,
    /// Whether what is in it is wanted afterwards. If not, it may be a file system of its own in memory,
    /// empty at first, gone with the job, and bounded exactly.
    pub kept: bool,
}

/// One program to run, what it may see and what it may use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The program, absolute.
    pub program: PathBuf,
    /// Its arguments, without its own name.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// Where it starts, absolute. It may read there, and write only if the folder is also writable.
    pub folder: PathBuf,
    /// What it is for.
    pub stage: Stage,
    /// Files and folders that it may read and execute, absolute, besides its program and its folder.
    pub readable: Vec<PathBuf>,
    /// Folders that it may write to.
    pub writable: Vec<Writable>,
    /// What it may use.
    pub limits: Limits,
}

impl Job {
    /// A run without arguments and environment, which writes nowhere.
    pub fn new(program: impl Into<PathBuf>, folder: impl Into<PathBuf>, limits: &Limits) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: folder.into(),
            stage: Stage::Run,
            readable: Vec::new(),
            writable: Vec::new(),
            limits: *limits,
        }
    }

    /// The same as a build.
    #[must_use]
    pub fn building(mut self) -> Self {
        self.stage = Stage::Build;
        self
    }

    /// The same, with another file or folder to read.
    #[must_use]
    pub fn readable(mut self, path: impl Into<PathBuf>) -> Self {
        self.readable.push(path.into());
        self
    }

    /// The same, with a folder to write to whose contents are wanted afterwards.
    #[must_use]
    pub fn output(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.writable.push(Writable { path, kept: true });
        self
    }

    /// The same, with a folder to write to whose contents nobody wants afterwards.
    #[must_use]
    pub fn scratch(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.writable.push(Writable { path, kept: false });
        self
    }
}
