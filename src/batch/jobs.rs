//! How many submissions are graded at a time: as many as there are cores and memory for.
//!
//! Hides how Linux says how much memory is free.

use std::{fs, num::NonZeroUsize, thread};

/// The memory that one submission may need: a compiler with the largest of the allowed crates takes 150 MiB,
/// folders in memory as much again, and the program holds its data.
const MEMORY_FOR_EACH: u64 = 512 << 20;

/// How many to work on at a time: one for each core, but no more than there is memory for.
#[must_use]
pub fn default_jobs() -> NonZeroUsize {
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    jobs_for(cores, available(&meminfo))
}

/// The bytes of memory that are available without swapping, as Linux reports them.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1 << 10)
}

fn jobs_for(cores: NonZeroUsize, memory: Option<u64>) -> NonZeroUsize {
    let most = memory.map_or(u64::MAX, |memory| memory / MEMORY_FOR_EACH);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    NonZeroUsize::new(most).map_or(NonZeroUsize::MIN, |most| most.min(cores))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    #[test]
    fn there_are_no_more_jobs_than_memory_or_cores_and_never_none() {
        let meminfo = "MemTotal: 24683520 kB\nMemAvailable:    3145728 kB\nBuffers: 1 kB\n";
        assert_eq!(available(meminfo), Some(3 << 30));
        assert_eq!(available("MemAvailable: many kB\n"), None);
        for (cores, memory, expected) in [
            (2, Some(64 << 30), 2),
            (16, Some(3 << 30), 6),
            (16, Some(0), 1),
            (16, None, 16),
        ] {
            assert_eq!(jobs_for(jobs(cores), memory), jobs(expected));
        }
        assert!(default_jobs() <= thread::available_parallelism().unwrap());
    }
}
