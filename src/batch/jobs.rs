//! How many submissions are graded at a time: as many as there are processors, memory, and processes for.
//!
//! Hides what of the machine, of a container or of a service is the least.

use std::{num::NonZeroUsize, thread};

use sandbox::Limits;

/// The memory that one submission may need: a compiler with the largest of the allowed crates takes 150 MiB,
/// folders in memory as much again, and the program holds its data.
pub const MEMORY_FOR_EACH: u64 = 512 << 20;

/// How many to work on at a time: one for each processor that this program may use, but no more than there is
/// memory for, and than there are processes and threads for. `run` is what the exercise grants to a run.
#[must_use]
pub fn default_jobs(run: &Limits) -> NonZeroUsize {
    let around = sandbox::surroundings();
    // Follows the affinity of this process.
    let processors = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    jobs_for(
        around
            .processors
            .map_or(processors, |quota| quota.min(processors)),
        around.memory.map(|memory| memory.free()),
        around.tasks.map(|tasks| tasks.free()),
        run.tasks,
    )
}

/// As [`default_jobs`], where so much memory and so many tasks are free, if they are limited.
fn jobs_for(
    processors: NonZeroUsize,
    memory: Option<u64>,
    tasks: Option<u64>,
    tasks_for_each: u64,
) -> NonZeroUsize {
    let by_memory = memory.map(|memory| memory / MEMORY_FOR_EACH);
    let by_tasks = tasks.map(|tasks| tasks / tasks_for_each.max(1));
    let most = by_memory.into_iter().chain(by_tasks).min();
    let most = most.map_or(usize::MAX, |most| {
        usize::try_from(most).unwrap_or(usize::MAX)
    });
    NonZeroUsize::new(most).map_or(NonZeroUsize::MIN, |most| most.min(processors))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_of_processors_memory_and_tasks_counts_and_there_is_always_one_job() {
        let jobs = |n: usize| NonZeroUsize::new(n).unwrap();
        for (processors, memory, tasks, expected) in [
            (2, Some(64 << 30), None, 2),
            (16, Some(3 << 30), None, 6),
            (16, Some(3 << 30), Some(4 * 2048), 4),
            (16, Some(512 << 20), Some(100_000), 1),
            (16, None, Some(256), 1),
            (16, Some(0), Some(0), 1),
            (16, None, None, 16),
        ] {
            let found = jobs_for(jobs(processors), memory, tasks, 2048);
            assert_eq!(found, jobs(expected), "{processors} {memory:?} {tasks:?}");
        }
    }
}
