//! In which system call a thread waits, and whether it waits there until another thread wakes it.
//!
//! # Theory of operation
//!
//! `/proc/PID/task/TID/syscall` has the call of a thread that sleeps, and its arguments. Some calls end only when
//! another thread of the same program does something: a wait for a lock, for a condition, for the end of a thread or of
//! a child, without a limit on time. Where all threads of a program wait so, none can ever wake another.
//!
//! A wait for events of descriptors is one of them only if no timer is among the descriptors of the process. A signal
//! that the program ordered from the kernel, as by `alarm`, is not seen; Rust's standard library has none.
//!
//! Never waits itself.

use std::fs;

use libc::c_long;

/// The number in the place of a call where a thread sleeps, or is stopped, without one.
pub(crate) const NO_CALL: i64 = -1;

/// A call in which a thread sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// The number of the call.
    pub(crate) number: i64,
    pub(crate) arguments: [u64; 6],
    /// The top of the thread's stack.
    pub(crate) stack: u64,
    /// The address of its next instruction.
    pub(crate) instruction: u64,
}

impl Call {
    /// The call in which a thread sleeps; `None` if it runs, or if this process may not see it.
    pub(crate) fn of(process: i32, tid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{process}/task/{tid}/syscall")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split_ascii_whitespace();
        let number = fields.next()?.parse().ok()?;
        let mut next = || u64::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok();
        let mut arguments = [0; 6];
        // A thread that was stopped while it computed is in no call, and has no arguments.
        if number != NO_CALL {
            for argument in &mut arguments {
                *argument = next()?;
            }
        }
        Some(Self {
            number,
            arguments,
            stack: next()?,
            instruction: next()?,
        })
    }

    /// Whether the call ends only if another thread of the program makes it end. `has_timers` says whether a
    /// descriptor of the process is a timer.
    pub(crate) fn is_endless(&self, has_timers: impl FnOnce() -> bool) -> bool {
        const FUTEX_COMMAND: u64 = 0x7f;
        let [_, second, third, fourth, ..] = self.arguments;
        // The kernel takes it for an `int`, of which this is the sign.
        let is_negative = |argument: u64| argument & 0x8000_0000 != 0;
        let number: c_long = self.number;
        match number {
            libc::SYS_futex => {
                let command = i32::try_from(second & FUTEX_COMMAND).unwrap_or(-1);
                let waits = matches!(
                    command,
                    libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET | libc::FUTEX_LOCK_PI
                );
                waits && fourth == 0
            }
            libc::SYS_wait4 | libc::SYS_waitid | libc::SYS_rt_sigsuspend => true,
            libc::SYS_ppoll => third == 0 && !has_timers(),
            libc::SYS_epoll_pwait2 => fourth == 0 && !has_timers(),
            libc::SYS_epoll_pwait => is_negative(fourth) && !has_timers(),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait => is_negative(fourth) && !has_timers(),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => is_negative(third) && !has_timers(),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_pause => true,
            _ => false,
        }
    }
}

/// Whether a descriptor of a process is a timer, or may be one.
pub(crate) fn has_timers(process: i32) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return true;
    };
    descriptors.flatten().any(|descriptor| {
        fs::read_link(descriptor.path())
            .map_or(true, |target| target.as_os_str() == "anon_inode:[timerfd]")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn endless(text: &str, has_timers: bool) -> bool {
        Call::parse(text).unwrap().is_endless(|| has_timers)
    }

    /// A line with these first four arguments.
    fn line(number: c_long, arguments: [&str; 4]) -> String {
        let [a, b, c, d] = arguments;
        format!("{number} {a} {b} {c} {d} 0x0 0xffffffff 0x7ffeadc560d8 0x7fcdae5d5829\n")
    }

    #[test]
    fn a_wait_without_a_limit_on_time_is_endless() {
        let futex =
            |operation, timeout| line(libc::SYS_futex, ["0x7fcd", operation, "0x2", timeout]);
        // A lock, a thread's end, a shared word, a lock with priority; and one with a limit on time, and a wake-up.
        for operation in ["0x89", "0x109", "0x0", "0x86"] {
            assert!(endless(&futex(operation, "0x0"), true), "{operation}");
            assert!(!endless(&futex(operation, "0x7ffe"), true), "{operation}");
        }
        assert!(!endless(&futex("0x81", "0x0"), true));
        assert!(endless(
            &line(libc::SYS_wait4, ["0x1", "0x0", "0x0", "0x0"]),
            true
        ));
        for nothing in [libc::SYS_read, libc::SYS_write, libc::SYS_clock_nanosleep] {
            assert!(!endless(&line(nothing, ["0x0"; 4]), false), "{nothing}");
        }
    }

    #[test]
    fn a_wait_for_events_is_endless_only_without_a_timer() {
        let forever = line(
            libc::SYS_epoll_pwait,
            ["0x3", "0x7f", "0x400", "0xffffffff"],
        );
        assert!(endless(&forever, false));
        assert!(!endless(&forever, true));
        let limited = line(libc::SYS_epoll_pwait, ["0x3", "0x7f", "0x400", "0x64"]);
        assert!(!endless(&limited, false));
        assert!(endless(
            &line(libc::SYS_ppoll, ["0x7f", "0x1", "0x0", "0x0"]),
            false
        ));
        assert!(!endless(
            &line(libc::SYS_ppoll, ["0x7f", "0x1", "0x7f", "0x0"]),
            false
        ));
    }

    #[test]
    fn timers_of_a_process_are_found() {
        let own = i32::try_from(std::process::id()).unwrap();
        let timer = rustix::time::timerfd_create(
            rustix::time::TimerfdClockId::Monotonic,
            rustix::time::TimerfdFlags::CLOEXEC,
        );
        assert!(has_timers(own));
        drop(timer);
        assert!(
            has_timers(i32::MAX),
            "a process that cannot be read may have any"
        );
    }

    #[test]
    fn a_thread_that_was_stopped_has_a_stack_and_no_call() {
        let stopped = Call::parse("-1 0x7ffe 0x7f\n").unwrap();
        assert_eq!((stopped.stack, stopped.instruction), (0x7ffe, 0x7f));
        assert!(!stopped.is_endless(|| false));
    }

    #[test]
    fn a_thread_that_runs_is_in_no_call() {
        for text in ["running\n", "", "202", "202 0x1", "-1 0x7ffe\n", "x 0x0"] {
            assert_eq!(Call::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[0-9a-fx -]{0,200}") {
            let _ = Call::parse(&text).map(|call| call.is_endless(|| false));
        }
    }
}
