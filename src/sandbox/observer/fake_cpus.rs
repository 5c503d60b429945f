//! Answer a program that asks for its processors with the number that the exercise sets, so that a pool
//! of as many threads as there are processors is the same on every machine.

use super::{memory, notify::Answer};

/// The answer to `sched_getaffinity(pid, length, mask)`: the first `processors` bits set.
pub(super) fn answer(tid: i32, arguments: [u64; 6], processors: u32) -> Answer {
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
    fn a_buffer_too_small_is_refused_as_by_the_kernel() {
        let failed = Answer::Failed(libc::EINVAL);
        assert_eq!(answer(1, [0, 4, 0, 0, 0, 0], 8), failed);
        assert_eq!(answer(1, [0, 12, 0, 0, 0, 0], 8), failed);
    }
}
