//! Who may read what this process makes: jobs what is made for them, everybody else what our caller says.

use std::sync::OnceLock;

use rustix::{fs::Mode, process::umask};

/// What new files are kept from while jobs of other users have to read them.
const FOR_JOBS: u32 = 0o022;

/// What our caller keeps new files from.
static OF_CALLER: OnceLock<u32> = OnceLock::new();

/// From here on, what is made can be read by a job's user.
pub(super) fn open_to_jobs() {
    let caller = umask(Mode::from_raw_mode(FOR_JOBS));
    let _ = OF_CALLER.set(caller.as_raw_mode());
}

/// As before, for a command that runs no job.
pub fn close_to_jobs() {
    umask(Mode::from_raw_mode(of_caller()));
}

/// The mode of a file or folder that is made for our caller, where it would have `most` for everybody.
#[must_use]
pub fn mode_for_caller(most: u32) -> u32 {
    most & !of_caller()
}

fn of_caller() -> u32 {
    OF_CALLER.get().copied().unwrap_or(FOR_JOBS)
}
