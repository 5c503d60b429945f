//! The self-test: observe a program whose concurrency is known, and compare.
//!
//! The program is the caller's own, started again with a hidden argument. Its threads each take the next file until
//! none is left. It runs in the same sandbox and under the same observer as any other job. The module never decides
//! what follows from a wrong count.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use evidence::{Attempts, Observation, Observed};
use sandbox::{AttackOutcome, Job, Limits, Sandbox};

use crate::{
    options::{ObserverOptions, ReadObserverConfig, Served, ServerAnswer, SlowData, SlowFile},
    read_observer::ReadObserver,
    run::observe,
};

/// The hidden first argument with which the program is started to read files. The number of threads follows it.
const READER_ARGUMENT: &str = "__read-files";

/// The limits of the program that reads.
const LIMITS: Limits = Limits {
    wall: Duration::from_secs(20),
    cpu: Duration::from_secs(10),
    memory_bytes: 512 << 20,
    tasks: 64,
    open_files: 256,
    file_bytes: 1 << 20,
    disk_bytes: 4 << 20,
    disk_files: 64,
    output_bytes: 256 << 10,
};

/// The number of files that it reads. It is a multiple of every number of threads below, and small enough to take
/// hardly any time.
const FILES: u32 = 24;

/// The numbers of threads with which the program is run.
const THREADS: [u32; 3] = [1, 3, 8];

/// The result of one run of the self-test's program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Count {
    /// The number of its threads.
    pub threads: u32,
    /// The number of files that it reads.
    pub files: u32,
    /// The number of rounds that this takes: files divided by threads.
    pub expected: u32,
    /// The number of rounds that were counted, or the reason why none were.
    pub counted: Result<u32, String>,
}

impl Count {
    /// Whether the expected number was counted.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.counted == Ok(self.expected)
    }
}

/// Why the self-test failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelfTestError {
    /// The files could not be made.
    #[error("failed to make the files of a program of known concurrency")]
    SetUp(#[source] io::Error),
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] sandbox::Error),
    /// The program did not read all files.
    #[error("failed to run a program of known concurrency to its end: {0:?}")]
    Ended(evidence::Termination),
}

/// Observe a program whose concurrency is known, with 1, 3 and 8 threads. Returns what was counted.
///
/// # Errors
/// Fails if the files cannot be made, if the program does not run to its end, or if runs cannot be observed
/// ([`can_observe`](crate::can_observe)).
pub fn self_test(sandbox: &Sandbox) -> Result<Vec<Count>, SelfTestError> {
    let folder = tempfile::tempdir().map_err(SelfTestError::SetUp)?;
    let (data, program) = set_up(folder.path(), sandbox.program()).map_err(SelfTestError::SetUp)?;
    let mut counts = Vec::new();
    for threads in THREADS {
        let mut job = Job::new(&program, &data, &LIMITS);
        job.arguments = vec![READER_ARGUMENT.into(), threads.to_string()];
        let execution = observe(sandbox, &job, &data, ObserverOptions::default())?;
        if !execution.termination.is_success() {
            return Err(SelfTestError::Ended(execution.termination));
        }
        counts.push(Count {
            threads,
            files: FILES,
            expected: FILES.div_ceil(threads),
            counted: rounds(execution.observation.as_ref()),
        });
    }
    Ok(counts)
}

/// Run the attacks of [`Sandbox::self_test`] that are about the network, in a job that may connect to the server of this
/// crate. Each of them must fail, and none may reach anybody but that server.
///
/// # Errors
/// As [`Sandbox::self_test`].
pub fn attack_as_client(sandbox: &Sandbox) -> Result<Vec<AttackOutcome>, sandbox::Error> {
    sandbox.self_test_connecting::<ReadObserver>(|folder| {
        let served = Served {
            contents: sandbox.program().to_owned(),
            answer: ServerAnswer::Whole,
        };
        let file = SlowFile {
            name: "file".to_owned(),
            latency_ms: 4,
            served: Some(served),
        };
        let options = ObserverOptions {
            slow: Some(SlowData { files: vec![file] }),
            ..ObserverOptions::default()
        };
        ReadObserverConfig::new(folder, options)
    })
}

/// Read files, if this process was started to do so.
pub(crate) fn entry() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != READER_ARGUMENT {
        return None;
    }
    Some(read_all(arguments.next()?.to_str()?))
}

fn rounds(observed: Option<&Observed>) -> Result<u32, String> {
    match observed {
        Some(Observed::Seen(seen)) => match **seen {
            Observation {
                capped: Some(cap), ..
            } => Err(format!("the observation ended early: {cap:?}")),
            Observation {
                attempts: Attempts { unseen: 1.., .. },
                files_read,
                ..
            } => Err(format!(
                "{files_read} of {FILES} files were observed to be read, because the system does not let this \
                 program look into another (capability SYS_PTRACE, `kernel.yama.ptrace_scope`, or a seccomp profile)"
            )),
            Observation {
                files_read: FILES, ..
            } => Ok(seen.concurrency.rounds),
            Observation { files_read, .. } => Err(format!(
                "{files_read} of {FILES} files were observed to be read"
            )),
        },
        Some(Observed::Unavailable { reason }) => Err(reason.clone()),
        None => Err("nothing was observed".into()),
    }
}

/// Make the data files, and a copy of the program where the user of the job can execute it.
fn set_up(folder: &Path, program: &Path) -> io::Result<(PathBuf, PathBuf)> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    let data = folder.join("data");
    fs::create_dir(&data)?;
    for number in 0..FILES {
        let mut text = String::new();
        for line in 0..20 {
            // Writing to a `String` never fails.
            let _ = writeln!(text, "{}", number + line);
        }
        fs::write(data.join(format!("{number}")), text)?;
    }
    let copy = folder.join("program");
    fs::copy(program, &copy)?;
    Ok((data, copy))
}

/// Read every file of the working directory with so many threads.
pub(crate) fn read_all(threads: &str) -> ExitCode {
    let read = || -> Option<()> {
        let threads: u32 = threads.parse().ok()?;
        let entries = fs::read_dir(".").ok()?.collect::<io::Result<Vec<_>>>();
        let files: Vec<PathBuf> = entries.ok()?.iter().map(fs::DirEntry::path).collect();
        let (next, read) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let bytes = fs::read(file).map_or(0, |bytes| bytes.len());
                        read.fetch_add(usize::from(bytes > 0), Ordering::Relaxed);
                    }
                });
            }
        });
        (read.into_inner() == files.len()).then_some(())
    };
    read().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_that_could_not_be_looked_up_are_the_cause_of_a_wrong_count() {
        let seen = |unseen, files_read| {
            let attempts = Attempts {
                unseen,
                ..Attempts::default()
            };
            let observation = Observation {
                attempts,
                files_read,
                ..Observation::default()
            };
            rounds(Some(&Observed::Seen(Box::new(observation))))
        };
        assert_eq!(seen(0, FILES), Ok(0));
        for files_read in [0, FILES] {
            let why = seen(2013, files_read).unwrap_err();
            assert!(why.contains("SYS_PTRACE"), "{why}");
        }
        assert!(!seen(0, 3).unwrap_err().contains("SYS_PTRACE"));
    }
}
