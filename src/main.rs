//! The program. Everything is in the library; here it is decided who we are.

use std::process::ExitCode;

use grade::sandbox;

fn main() -> ExitCode {
    sandbox::hear_of_children();
    let role = std::env::args_os().nth(1);
    match role.as_ref().and_then(|role| role.to_str()) {
        Some(sandbox::SUPERVISOR_ARGUMENT) => sandbox::supervise(),
        Some(sandbox::CANARY_ARGUMENT) => sandbox::play_canary(std::env::args().nth(2).as_deref()),
        _ => grade::cli::main(),
    }
}
