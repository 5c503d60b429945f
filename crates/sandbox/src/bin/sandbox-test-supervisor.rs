//! The program whose copies supervise jobs in this crate's tests. It does nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    sandbox::entry::<sandbox::RefusesConnections>().unwrap_or(ExitCode::FAILURE)
}
