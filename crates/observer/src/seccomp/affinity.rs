//! Answer a program that asks for its processors with the number that the exercise sets, so that a pool
//! of as many threads as there are processors is the same on every machine.
//!
//! A program that keeps its threads on processors of its choice may choose among those; where they really
//! run does not matter to a count, so nothing is done. The files in which the kernel describes processors
//! and their share are not there for it.

use crate::{memory, seccomp::notify::Answer};

/// The answer to `sched_getaffinity(pid, length, mask)`: the first `processors` bits set.
pub(crate) fn answer(tid: i32, arguments: [u64; 6], processors: u32) -> Answer {
    // The kernel takes the length as 32 bits, and answers in whole words of 64.
    let length = arguments[1] & u64::from(u32::MAX);
    let mask = mask(processors);
    if length < mask.len() as u64 || !length.is_multiple_of(8) {
        return Answer::Failed(libc::EINVAL);
    }
    match memory::write(tid, arguments[2], &mask) {
        Ok(()) => Answer::Done(i64::try_from(mask.len()).unwrap_or(0)),
        Err(error) if error.raw_os_error() == Some(libc::EFAULT) => Answer::Failed(libc::EFAULT),
        // We may not write there: the machine's own number is better than a failed program.
        Err(_) => Answer::Continue,
    }
}

/// The answer to `sched_setaffinity(pid, length, mask)`, which changes nothing: as the kernel's, if these
/// were the processors there are.
pub(crate) fn choose(tid: i32, arguments: [u64; 6], processors: u32) -> Answer {
    let there_are = mask(processors);
    let length = usize::try_from(arguments[1] & u64::from(u32::MAX)).unwrap_or(usize::MAX);
    let mut wanted = vec![0; there_are.len().min(length)];
    match memory::read(tid, arguments[2], &mut wanted) {
        Ok(got) if got == wanted.len() => {
            let some = wanted
                .iter()
                .zip(&there_are)
                .any(|(want, has)| want & has != 0);
            if some {
                Answer::Done(0)
            } else {
                Answer::Failed(libc::EINVAL)
            }
        }
        Err(error) if error.raw_os_error() != Some(libc::EFAULT) => Answer::Continue,
        _ => Answer::Failed(libc::EFAULT),
    }
}

/// Whether a file tells of the machine's processors, or of this program's share of them.
pub(crate) fn describes_processors(path: &[u8]) -> bool {
    const FOLDERS: [&[u8]; 2] = [b"/sys/devices/system/cpu/", b"/sys/fs/cgroup/"];
    const FILES: [&[u8]; 3] = [b"/proc/cpuinfo", b"/proc/self/cgroup", b"/proc/stat"];
    FILES.contains(&path) || FOLDERS.iter().any(|folder| path.starts_with(folder))
}

/// A set of the first `processors` processors, in whole words.
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
    fn the_first_processors_are_there() {
        assert_eq!(mask(8), [0xff, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(mask(0), mask(1));
        assert_eq!(mask(1)[0], 1);
        assert_eq!((mask(64).len(), mask(65).len(), mask(65)[8]), (8, 16, 1));
    }

    #[test]
    fn one_may_choose_among_the_processors_that_are_shown() {
        let own = rustix::process::getpid().as_raw_nonzero().get();
        let answer = |wanted: &[u8; 8], processors| {
            let address = wanted.as_ptr().addr() as u64;
            choose(own, [0, 8, address, 0, 0, 0], processors)
        };
        let third = [4, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(answer(&third, 3), Answer::Done(0));
        assert_eq!(answer(&third, 2), Answer::Failed(libc::EINVAL));
        let nowhere = choose(own, [0, 8, 8, 0, 0, 0], 2);
        assert_eq!(nowhere, Answer::Failed(libc::EFAULT));
    }

    #[test]
    fn what_describes_processors_is_known_by_its_path() {
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
        let failed = Answer::Failed(libc::EINVAL);
        assert_eq!(answer(1, [0, 4, 0, 0, 0, 0], 8), failed);
        assert_eq!(answer(1, [0, 12, 0, 0, 0, 0], 8), failed);
    }
}
