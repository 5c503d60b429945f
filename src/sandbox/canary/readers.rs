//! A program of known concurrency, to prove the observer with: this program itself, as so many threads
//! that each take the next file until none is left.
//!
//! It reads really, in the sandbox and under the observer that submissions run under. Whoever counts
//! other than what is known of it is not believed.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{CANARY_ARGUMENT, LIMITS};
use crate::{
    fault::{Fault, FaultKind},
    sandbox::{Job, ObserverOptions, Sandbox},
};
use evidence::{Observation, Observed};

/// What the second argument of readers begins with; their number follows.
pub(super) const READERS: &str = "readers=";

/// Few enough to take no time, and a multiple of every number of threads below.
const FILES: u32 = 24;

/// Numbers of threads that are tried.
const THREADS: [u32; 3] = [1, 3, 8];

/// What was counted of one program of known concurrency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Its threads.
    pub threads: u32,
    /// Files that it reads.
    pub files: u32,
    /// Rounds that this takes: files divided by threads.
    pub expected: u32,
    /// Rounds that were counted; why there are none, if there are none.
    pub counted: Result<u32, String>,
}

impl Count {
    /// Whether the count is what is known.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.counted == Ok(self.expected)
    }
}

/// Have programs of known concurrency observed, and say what was counted. Where runs cannot be observed
/// ([`Sandbox::can_observe`]) this fails.
///
/// # Errors
/// Their files could not be made, or a program did not run to its end.
pub fn prove_observer(sandbox: &Sandbox) -> Result<Vec<Count>, Fault> {
    let failed = |why: &dyn std::fmt::Display| {
        Fault::new(
            FaultKind::Sandbox,
            "failed to prove the observer with a program of known concurrency",
        )
        .because(why)
    };
    let mut counts = Vec::new();
    for threads in THREADS {
        let folder = tempfile::tempdir().map_err(|error| failed(&error))?;
        let (data, program) =
            set_up(folder.path(), sandbox.program()).map_err(|error| failed(&error))?;
        let mut job = Job::new(program, &data, &LIMITS).observed(&data, ObserverOptions::default());
        job.arguments = vec![CANARY_ARGUMENT.into(), format!("{READERS}{threads}")];
        let execution = sandbox.run(&job)?;
        if !execution.termination.is_success() {
            return Err(failed(&format!("{:?}", execution.termination)));
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

fn rounds(observed: Option<&Observed>) -> Result<u32, String> {
    match observed {
        Some(Observed::Seen(seen)) => match **seen {
            Observation {
                capped: Some(cap), ..
            } => Err(format!("watching was given up: {cap:?}")),
            Observation {
                files_read: FILES, ..
            } => Ok(seen.concurrency.rounds),
            Observation { files_read, .. } => Err(format!(
                "{files_read} of {FILES} files were seen to be read"
            )),
        },
        Some(Observed::Unavailable { reason }) => Err(reason.clone()),
        None => Err("nothing was observed".into()),
    }
}

/// Data files, and the program where the job's user can reach it.
fn set_up(folder: &Path, program: &Path) -> io::Result<(PathBuf, PathBuf)> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    let data = folder.join("data");
    fs::create_dir(&data)?;
    for number in 0..FILES {
        let mut text = String::new();
        for line in 0..20 {
            // A `String` takes everything.
            let _ = writeln!(text, "{}", number + line);
        }
        fs::write(data.join(format!("{number}")), text)?;
    }
    let copy = folder.join("program");
    fs::copy(program, &copy)?;
    Ok((data, copy))
}

/// Read every file of this folder, by so many threads.
pub(super) fn read_all(threads: &str) -> ExitCode {
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
