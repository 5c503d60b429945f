//! The program. Everything is in the library; `observer::entry` decides what this process is.

use std::process::ExitCode;

fn main() -> ExitCode {
    observer::entry().unwrap_or_else(grade::cli::main)
}
