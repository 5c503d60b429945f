//! The program that the tests of this crate start as their supervisor. It does nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    observer::entry().unwrap_or(ExitCode::FAILURE)
}
