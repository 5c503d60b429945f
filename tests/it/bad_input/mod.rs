//! Bad input of every kind, through the real program: the exit code, an error that names the file, the
//! place and the remedy, nothing lost and nothing left behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../common/mod.rs"]
mod common;

mod course_files;
mod machine;
mod places;
mod submissions;
