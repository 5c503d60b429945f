//! The limits that the kernel keeps for each process by itself. Those of the whole tree are the
//! supervisor's.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::spec::Limits;

/// Signals that may wait for the processes of one user: far more than anybody has use for, and little
/// memory.
const MOST_SIGNALS: u64 = 4096;

/// Limit this process and all it will start. `tasks` is for `RLIMIT_NPROC`, where it counts something that
/// we know.
pub(super) fn set(limits: &Limits, tasks: Option<u64>, cores: bool) -> rustix::io::Result<()> {
    let set = |resource, soft: u64, hard: u64| {
        // What we were given ourselves bounds what we can give.
        let most = getrlimit(resource).maximum;
        let bound = |value: u64| Some(most.map_or(value, |most| most.min(value)));
        setrlimit(
            resource,
            Rlimit {
                current: bound(soft),
                maximum: bound(hard),
            },
        )
    };
    let both = |resource, value| set(resource, value, value);
    if !cores {
        both(Resource::Core, 0)?;
    }
    // A second to say goodbye, which is ours to take: the tree's sum is looked at far more often.
    let seconds = limits.cpu.as_secs() + 1;
    set(Resource::Cpu, seconds, seconds + 1)?;
    both(Resource::Fsize, limits.file_bytes)?;
    both(Resource::Nofile, limits.open_files)?;
    both(Resource::Stack, 8 << 20)?;
    both(Resource::Memlock, 1 << 20)?;
    both(Resource::Msgqueue, 0)?;
    // No priority above the usual one; and no heap of signals that wait in the kernel.
    both(Resource::Rtprio, 0)?;
    both(Resource::Nice, 0)?;
    both(Resource::Sigpending, MOST_SIGNALS)?;
    if let Some(tasks) = tasks {
        both(Resource::Nproc, tasks)?;
    }
    Ok(())
}
