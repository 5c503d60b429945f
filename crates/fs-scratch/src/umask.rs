//! Two kinds of files in one process: those that other users have to read, and those for the caller.
//!
//! A process has one mask (`umask`) for all files that it makes. A program that makes files for other
//! users sets a mask of its own here, which remembers the caller's; a file for the caller then gets its
//! mode from [`mode_for_caller`].
//!
//! This module never changes the mode of an existing file.

use std::sync::OnceLock;

use rustix::{fs::Mode, process};

/// The usual mask, used as the caller's if [`replace`] was never called.
const USUAL: u32 = 0o022;

/// The mask that the caller started this process with.
static OF_CALLER: OnceLock<u32> = OnceLock::new();

/// Set the mask of this process and remember the caller's. For the start of a program, before it has
/// other threads.
pub fn replace(mask: u32) {
    let caller = process::umask(Mode::from_raw_mode(mask));
    let _ = OF_CALLER.set(caller.as_raw_mode());
}

/// Set the caller's mask again.
pub fn restore() {
    process::umask(Mode::from_raw_mode(of_caller()));
}

/// The mode of a file or folder that is made for the caller, where it would have `most` without a mask.
#[must_use]
pub fn mode_for_caller(most: u32) -> u32 {
    most & !of_caller()
}

fn of_caller() -> u32 {
    OF_CALLER.get().copied().unwrap_or(USUAL)
}
