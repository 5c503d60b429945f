//! The program. Everything is in the library; here it is decided who we are.

use std::process::ExitCode;

fn main() -> ExitCode {
    observer::entry().unwrap_or_else(grade::cli::main)
}
