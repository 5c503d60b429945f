//! A job: one program to run, which files it may access, and its limits. Plain data.
//!
//! Never runs anything: [`Sandbox`](crate::Sandbox) does.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::limits::Limits;

/// The purpose of a job. A build starts compilers and linkers, and may change the mode of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Compile a program. The job may read the system's programs and its libraries.
    Build,
    /// Run a program. The job may read the system's libraries, but not its programs.
    Run,
}

/// A folder in which a job may read, write and remove everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writable {
    /// The absolute path of a folder that exists. If the job has a user of its own, that user becomes the
    /// owner of the folder and of everything in it.
    pub path: PathBuf,
    /// Whether the caller needs its contents afterwards. If not, the job may get an empty file system in
    /// memory in its place, which has exactly the size of the disk limit and is gone with the job.
    pub kept: bool,
}

/// One program to run, which files it may access, and its limits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The absolute path of the program.
    pub program: PathBuf,
    /// Its arguments, without its own name.
    pub arguments: Vec<String>,
    /// What it reads from standard input.
    #[serde(default)]
    pub input: String,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// The absolute path of its working directory. The job may read in it, and may write in it only if the
    /// folder is also in `writable`.
    pub folder: PathBuf,
    /// Its purpose.
    pub stage: Stage,
    /// Absolute paths of files and folders that it may read and execute, besides its program and its folder.
    pub readable: Vec<PathBuf>,
    /// Folders that it may write to.
    pub writable: Vec<Writable>,
    /// Its limits.
    pub limits: Limits,
    /// Whether it may make TCP sockets of IPv4 and connect them. Its monitor answers every attempt to connect; the job
    /// itself reaches no address. Without a monitor that does so, such a job does not start.
    pub may_connect: bool,
    /// The number of the processor on which the job and its supervisor run; `None` for all that the caller may
    /// use. Jobs that exchange many messages with their monitor, and run side by side, take less time so.
    pub processor: Option<u32>,
}

impl Job {
    /// A run of a program without arguments, input and environment, which may write nowhere.
    pub fn new(program: impl Into<PathBuf>, folder: impl Into<PathBuf>, limits: &Limits) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            input: String::new(),
            environment: Vec::new(),
            folder: folder.into(),
            stage: Stage::Run,
            readable: Vec::new(),
            writable: Vec::new(),
            limits: *limits,
            may_connect: false,
            processor: None,
        }
    }

    /// The same job on one processor.
    #[must_use]
    pub fn on_processor(mut self, processor: Option<u32>) -> Self {
        self.processor = processor;
        self
    }

    /// The same job, which may also make TCP sockets, and whose monitor connects them.
    #[must_use]
    pub fn connecting(mut self) -> Self {
        self.may_connect = true;
        self
    }

    /// The same job as a build.
    #[must_use]
    pub fn building(mut self) -> Self {
        self.stage = Stage::Build;
        self
    }

    /// The same job, which may also read and execute this file or folder.
    #[must_use]
    pub fn readable(mut self, path: impl Into<PathBuf>) -> Self {
        self.readable.push(path.into());
        self
    }

    /// The same job, which may also write to this folder. The caller needs its contents afterwards.
    #[must_use]
    pub fn output(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.writable.push(Writable { path, kept: true });
        self
    }

    /// The same job, which may also write to this folder. The caller does not need its contents afterwards.
    #[must_use]
    pub fn scratch(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.writable.push(Writable { path, kept: false });
        self
    }
}
