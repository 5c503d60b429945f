//! What a command costs: its time, and the most memory that the program ever held.
//!
//! Never asserts a time: no test depends on one.

use std::{
    fs,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use super::command::TIME_LIMIT;

/// What a command cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    /// The most memory that the program held, in kB; not that of programs that it started.
    pub(crate) memory: u64,
}

/// Wait for the end of a command that was just started, and expect its exit code.
#[track_caller]
pub(crate) fn measured(mut command: Child, code: i32) -> Cost {
    let begin = now();
    let mut memory = 0;
    loop {
        memory = high_water(&command).map_or(memory, |seen| memory.max(seen));
        if let Some(status) = command.try_wait().unwrap() {
            assert_eq!(status.code(), Some(code), "{command:?}");
            let time = now().duration_since(begin);
            return Cost { time, memory };
        }
        if now().duration_since(begin) > TIME_LIMIT {
            command.kill().unwrap();
            command.wait().unwrap();
            panic!("it did not end: {command:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person is told how long it took; nothing depends on it"
)]
fn now() -> Instant {
    Instant::now()
}

fn high_water(process: &Child) -> Option<u64> {
    let path = format!("/proc/{}/status", process.id());
    let status = fs::read_to_string(path).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
