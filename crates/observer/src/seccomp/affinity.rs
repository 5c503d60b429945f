//! Show a program the same number of processors on every machine, so that a pool with a thread for each processor
//! is equally large everywhere.
//!
//! A program may also pin its threads to some of these processors. That succeeds and changes nothing, since the
//! processor on which a thread runs does not matter to a count. Files in which the kernel describes its processors
//! do not exist for the program.

use crate::{memory, seccomp::notify::Response};

/// Respond to `sched_getaffinity(pid, length, mask)` with the first `processors` bits set.
pub(crate) fn get(tid: i32, arguments: [u64; 6], processors: u32) -> Response {
    // The kernel takes the length as 32 bits, and writes whole words of 64 bits.
    let length = arguments[1] & u64::from(u32::MAX);
    let mask = mask(processors);
    if length < mask.len() as u64 || !length.is_multiple_of(8) {
        return Response::Error(libc::EINVAL);
    }
    match memory::write(tid, arguments[2], &mask) {
        Ok(()) => Response::Value(i64::try_from(mask.len()).unwrap_or(0)),
        Err(error) if error.raw_os_error() == Some(libc::EFAULT) => Response::Error(libc::EFAULT),
        // The observer may not write there. The machine's own number is better than a failed program.
        Err(_) => Response::Continue,
    }
}

/// Respond to `sched_setaffinity(pid, length, mask)` as the kernel does on a machine with `processors` processors.
/// Nothing is changed.
pub(crate) fn set(tid: i32, arguments: [u64; 6], processors: u32) -> Response {
    let existing = mask(processors);
    let length = usize::try_from(arguments[1] & u64::from(u32::MAX)).unwrap_or(usize::MAX);
    let mut wanted = vec![0; existing.len().min(length)];
    match memory::read(tid, arguments[2], &mut wanted) {
        Ok(got) if got == wanted.len() => {
            let any_exists = wanted
                .iter()
                .zip(&existing)
                .any(|(wanted, existing)| wanted & existing != 0);
            if any_exists {
                Response::Value(0)
            } else {
                Response::Error(libc::EINVAL)
            }
        }
        Err(error) if error.raw_os_error() != Some(libc::EFAULT) => Response::Continue,
        _ => Response::Error(libc::EFAULT),
    }
}

/// Whether a file describes the machine's processors, or the share of them that the program gets.
pub(crate) fn describes_processors(path: &[u8]) -> bool {
    const FOLDERS: [&[u8]; 2] = [b"/sys/devices/system/cpu/", b"/sys/fs/cgroup/"];
    const FILES: [&[u8]; 3] = [b"/proc/cpuinfo", b"/proc/self/cgroup", b"/proc/stat"];
    FILES.contains(&path) || FOLDERS.iter().any(|folder| path.starts_with(folder))
}

/// The set of the first `processors` processors, in whole words of 64 bits.
fn mask(processors: u32) -> Vec<u8> {
    let words = processors.max(1).div_ceil(64) as usize;
    let mut mask = vec![0; 8 * words];
    for i in 0..processors.max(1) as usize {
        mask[i / 8] |= 1 << (i % 8);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_processors_are_in_the_mask() {
        assert_eq!(mask(8), [0xff, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(mask(0), mask(1));
        assert_eq!(mask(1)[0], 1);
        assert_eq!((mask(64).len(), mask(65).len(), mask(65)[8]), (8, 16, 1));
    }

    #[test]
    fn a_thread_can_be_pinned_to_the_processors_that_are_shown() {
        let own = rustix::process::getpid().as_raw_nonzero().get();
        let set_to = |wanted: &[u8; 8], processors| {
            let address = wanted.as_ptr().addr() as u64;
            set(own, [0, 8, address, 0, 0, 0], processors)
        };
        let third = [4, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(set_to(&third, 3), Response::Value(0));
        assert_eq!(set_to(&third, 2), Response::Error(libc::EINVAL));
        let nowhere = set(own, [0, 8, 8, 0, 0, 0], 2);
        assert_eq!(nowhere, Response::Error(libc::EFAULT));
    }

    #[test]
    fn files_that_describe_processors_are_known_by_their_paths() {
        for path in [
            "/proc/cpuinfo",
            "/sys/devices/system/cpu/online",
            "/sys/fs/cgroup/cpu.max",
        ] {
            assert!(describes_processors(path.as_bytes()), "{path}");
        }
        for path in [
            "tmp-abcde.numbers",
            "/proc/self/stat",
            "/sys/devices/system/node",
        ] {
            assert!(!describes_processors(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn a_buffer_too_small_is_refused_as_by_the_kernel() {
        let failed = Response::Error(libc::EINVAL);
        assert_eq!(get(1, [0, 4, 0, 0, 0, 0], 8), failed);
        assert_eq!(get(1, [0, 12, 0, 0, 0, 0], 8), failed);
    }
}
