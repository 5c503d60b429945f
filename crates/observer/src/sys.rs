//! System calls about clocks and about the existence of threads that need `unsafe`.

#![expect(unsafe_code, reason = "neither std nor rustix wraps these calls")]

use std::{io, time::Duration};

/// The processor time that all threads of a process have used until now. `None` if there is no such process.
pub(crate) fn processor_time(process: i32) -> Option<Duration> {
    // The number that glibc's `clock_getcpuclockid` returns: the kernel's CPUCLOCK_SCHED of the process.
    clock((!process << 3) | 2)
}

/// The present time of a clock. `None` if there is no such clock.
pub(crate) fn clock(clock: i32) -> Option<Duration> {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a `timespec` that lives through the call, which only writes there.
    let result = unsafe { libc::clock_gettime(clock, &raw mut now) };
    let seconds = Duration::from_secs(now.tv_sec.unsigned_abs());
    (result == 0).then(|| seconds + Duration::from_nanos(now.tv_nsec.unsigned_abs()))
}

/// Let the waits of this thread end on time. By default the kernel may prolong each by 50 microseconds.
pub(crate) fn end_waits_on_time() {
    // SAFETY: all arguments are plain numbers. A failure costs time, and nothing else.
    let _ = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_usize, 0_usize, 0_usize, 0_usize) };
}

/// Whether a number is that of a thread of a process. This takes a tenth of the time of a lookup in `/proc`.
pub(crate) fn is_thread_of(process: i32, tid: i32) -> bool {
    // SAFETY: signal 0 only checks whether a signal could be sent. No memory is touched.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, process, tid, 0) };
    // The thread exists as well if this process may not send it a signal.
    sent == 0 || io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_of_a_process_goes_on_while_it_runs() {
        let own = std::process::id().cast_signed();
        let start = processor_time(own).unwrap();
        let mut n = 0_u64;
        while processor_time(own).unwrap() < start + Duration::from_millis(1) {
            n = std::hint::black_box(n + 1);
        }
        assert!(n > 0);
        assert_eq!(processor_time(i32::MAX / 16), None);
    }

    #[test]
    fn a_thread_belongs_to_its_process_and_to_no_other() {
        let own = i32::try_from(std::process::id()).unwrap();
        let tid = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let tid = rustix::thread::gettid().as_raw_nonzero().get();
                assert!(is_thread_of(own, tid));
                tid
            });
            thread.join().unwrap()
        });
        assert_ne!(tid, own);
        assert!(is_thread_of(own, own));
        // This process may not send a signal to the first process, which exists all the same.
        assert!(is_thread_of(1, 1));
        assert!(!is_thread_of(1, own));
        assert!(!is_thread_of(own, 1));
    }
}
