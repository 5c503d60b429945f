//! Whether this machine, or the container around this process, has room for two runs at a time.

use std::{num::NonZeroUsize, thread};

use sandbox::Limits;

/// Whether two runs at a time get all that these limits grant to each.
pub(super) fn has_room_for_two(limits: &Limits) -> bool {
    let around = sandbox::surroundings();
    // Follows the affinity of this process.
    let processors = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let quota = around.processors.unwrap_or(processors);
    is_room_for_two(
        processors.min(quota),
        around.memory.map(|memory| memory.free()),
        around.tasks.map(|tasks| tasks.free()),
        limits,
    )
}

/// As [`has_room_for_two`], where so much memory and so many tasks are free, if they are limited.
fn is_room_for_two(
    processors: NonZeroUsize,
    memory: Option<u64>,
    tasks: Option<u64>,
    limits: &Limits,
) -> bool {
    let room =
        |free: Option<u64>, granted: u64| free.is_none_or(|free| free >= granted.saturating_mul(2));
    processors.get() > 1 && room(memory, limits.memory_bytes) && room(tasks, limits.tasks)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn two_run_at_a_time_only_where_both_get_all_of_it() {
        let limits = Limits {
            wall: Duration::from_secs(1),
            cpu: Duration::from_secs(1),
            memory_bytes: 1 << 30,
            tasks: 100,
            open_files: 64,
            file_bytes: 1,
            disk_bytes: 1,
            disk_files: 1,
            output_bytes: 1,
        };
        for (processors, memory, tasks, room) in [
            (2, None, None, true),
            (1, None, None, false),
            (2, Some(2 << 30), Some(200), true),
            (2, Some((2 << 30) - 1), None, false),
            (2, None, Some(199), false),
        ] {
            let number = NonZeroUsize::new(processors).unwrap();
            let found = is_room_for_two(number, memory, tasks, &limits);
            assert_eq!(found, room, "{processors} {memory:?} {tasks:?}");
        }
    }
}
