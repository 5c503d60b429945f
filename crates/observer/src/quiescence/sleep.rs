//! When a thread that sleeps will wake by itself.
//!
//! `/proc/TID/syscall` names the system call in which a thread sleeps, with its arguments. A hardened kernel may not
//! let the observer read this file. Then every sleep looks as if it had no end, and programs that sleep between their
//! reads seem a little less concurrent than they are. The same file shows which thread waits for a child.
//!
//! It never decides how long the detector waits for a sleep.

use std::{fs, time::Duration};

use crate::{
    memory,
    seccomp::syscall_table::{self, Call, Timeout},
    sys,
};

/// When a thread that was found asleep will wake by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WakeUp {
    /// At this real time from the start, at the latest.
    At(Duration),
    /// Never, as far as can be seen.
    Never,
    /// The thread is awake already.
    Awake,
}

/// When a thread that sleeps at `now` will wake by itself.
pub(super) fn wake_up(process: i32, tid: i32, now: Duration) -> WakeUp {
    match fs::read_to_string(format!("/proc/{process}/task/{tid}/syscall")) {
        Ok(line) if line.trim_end() == "running" => WakeUp::Awake,
        Ok(line) => match time_left(tid, &line) {
            Some(left) => WakeUp::At(now.saturating_add(left)),
            None => WakeUp::Never,
        },
        Err(_) => WakeUp::Never,
    }
}

fn time_left(tid: i32, line: &str) -> Option<Duration> {
    let (number, arguments) = parse(line)?;
    left(tid, syscall_table::timeout_of(number, arguments)?)
}

/// The time until the timeout of a thread's call. `None` if the thread's memory cannot be read, or for a clock that this
/// process does not have.
pub(crate) fn left(tid: i32, timeout: Timeout) -> Option<Duration> {
    let span = |pointer| {
        let (seconds, nanoseconds) = memory::read_pair(tid, pointer).ok()?;
        let nanoseconds = u32::try_from(nanoseconds)
            .ok()
            .filter(|&n| n < 1_000_000_000)?;
        Some(Duration::new(seconds, nanoseconds))
    };
    match timeout {
        Timeout::Milliseconds(ms) => Some(Duration::from_millis(ms.into())),
        Timeout::For(pointer) => span(pointer),
        Timeout::Until { clock, pointer } => {
            Some(span(pointer)?.saturating_sub(sys::clock(clock)?))
        }
    }
}

/// Whether an uninterruptible thread waits until a child that it created as by `vfork` exits, or executes another
/// program.
pub(super) fn waits_for_child(process: i32, tid: i32) -> bool {
    let vfork = u64::from(libc::CLONE_VFORK.cast_unsigned());
    let line = fs::read_to_string(format!("/proc/{process}/task/{tid}/syscall"));
    let Some((number, arguments)) = line.ok().and_then(|line| parse(&line)) else {
        return false;
    };
    let call = i32::try_from(number).ok().and_then(syscall_table::find);
    let Some(Call::Clone { flags }) = call else {
        return false;
    };
    flags
        .read(tid, arguments)
        .is_some_and(|flags| flags & vfork != 0)
}

/// Parse the file's line: the call's number in decimal, six arguments in hexadecimal, and two addresses.
fn parse(line: &str) -> Option<(i64, [u64; 6])> {
    let mut fields = line.split_ascii_whitespace();
    let number = fields.next()?.parse().ok()?;
    let mut arguments = [0; 6];
    for argument in &mut arguments {
        *argument = u64::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok()?;
    }
    Some((number, arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_kernel_is_parsed() {
        assert_eq!(
            parse("202 0x7f01 0x89 0x0 0x0 0x0 0xffffffff 0x7ffc 0x7f2\n"),
            Some((202, [0x7f01, 0x89, 0, 0, 0, 0xffff_ffff]))
        );
        assert_eq!(parse("running\n"), None);
        assert_eq!(parse("-1 0x7ffc 0x7f2\n"), None);
        assert_eq!(parse(""), None);
    }
}
