//! The limits that the kernel keeps for each process by itself. Those of the whole tree are the
//! supervisor's.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::spec::Limits;

/// Signals that may wait for the processes of one user: far more than anybody has use for, and little
/// memory.
pub(super) const MOST_SIGNALS: u64 = 4096;

/// The stack of a program's first thread.
pub(super) const STACK: u64 = 8 << 20;

/// Memory that may not be swapped out.
pub(super) const LOCKED_MEMORY: u64 = 1 << 20;

/// Limit this process and all it will start. `tasks` is for `RLIMIT_NPROC`, where it counts something that
/// we know; `keep` says which of these rules are in force.
pub(super) fn set(
    limits: &Limits,
    tasks: Option<u64>,
    keep: &dyn Fn(&str) -> bool,
) -> rustix::io::Result<()> {
    // A second to say goodbye, which is ours to take: the tree's sum is looked at far more often.
    let seconds = limits.cpu.as_secs() + 1;
    let both = |value| (value, value);
    let mut list = vec![
        ("core-files", Resource::Core, both(0)),
        ("limit-cpu", Resource::Cpu, (seconds, seconds + 1)),
        ("limit-file-size", Resource::Fsize, both(limits.file_bytes)),
        (
            "limit-open-files",
            Resource::Nofile,
            both(limits.open_files),
        ),
        ("limit-stack", Resource::Stack, both(STACK)),
        (
            "limit-locked-memory",
            Resource::Memlock,
            both(LOCKED_MEMORY),
        ),
        ("limit-queues", Resource::Msgqueue, both(0)),
        // No priority above the usual one; and no heap of signals that wait in the kernel.
        ("limit-priority", Resource::Rtprio, both(0)),
        ("limit-priority", Resource::Nice, both(0)),
        ("limit-signals", Resource::Sigpending, both(MOST_SIGNALS)),
    ];
    if let Some(tasks) = tasks {
        list.push(("limit-tasks", Resource::Nproc, both(tasks)));
    }
    for (_, resource, (soft, hard)) in list.into_iter().filter(|(rule, ..)| keep(rule)) {
        // What we were given ourselves bounds what we can give.
        let most = getrlimit(resource).maximum;
        let bound = |value: u64| Some(most.map_or(value, |most| most.min(value)));
        setrlimit(
            resource,
            Rlimit {
                current: bound(soft),
                maximum: bound(hard),
            },
        )?;
    }
    Ok(())
}
