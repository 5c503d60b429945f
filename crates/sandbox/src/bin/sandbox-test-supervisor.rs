//! The program that this crate's tests have jobs supervised by. It is nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    sandbox::entry::<sandbox::NoMonitor>().unwrap_or(ExitCode::FAILURE)
}
