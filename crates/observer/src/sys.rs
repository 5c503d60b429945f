//! The calls into the system that need `unsafe` and are no part of receiving notifications.

#![expect(unsafe_code, reason = "what neither std nor rustix wraps")]

use std::{io, time::Duration};

/// The processor time that all threads of a process have used until now, if that is told.
pub(crate) fn processor_time(process: i32) -> Option<Duration> {
    // As glibc's `clock_getcpuclockid` makes it: the kernel's CPUCLOCK_SCHED.
    let clock = (!process << 3) | 2;
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a `timespec` that lives through the call, which only writes there.
    let told = unsafe { libc::clock_gettime(clock, &raw mut time) } == 0;
    let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
    told.then(|| seconds + Duration::from_nanos(time.tv_nsec.unsigned_abs()))
}

/// Whether a number is that of a thread of a process. A tenth of the time of a look into `/proc`.
pub(crate) fn is_thread_of(process: i32, tid: i32) -> bool {
    // SAFETY: signal 0 is none: nothing is sent, and no memory is touched.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, process, tid, 0) };
    // We need not be allowed to send one.
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
        // The first process is not ours to signal, and is there all the same.
        assert!(is_thread_of(1, 1));
        assert!(!is_thread_of(1, own));
        assert!(!is_thread_of(own, 1));
    }
}
