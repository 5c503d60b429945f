//! The program that this crate's tests have jobs supervised and observed by. It is nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    observer::entry().unwrap_or(ExitCode::FAILURE)
}
