//! The limits that the kernel enforces for each process. The supervisor enforces those of the whole tree.
//!
//! A process cannot give its children more than it has. So [`prove_grants`] finds out, before any job runs,
//! whether this process itself was given less than a job is to get.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{
    error::{Error, Granted},
    job::Stage,
    limits::Limits,
    rule::{Limit, RuleSet},
};

/// How many signals may be queued for the processes of one user. It is far more than programs use, and takes
/// little memory of the kernel.
pub(crate) const MOST_SIGNALS: u64 = 4096;

/// Bytes for the stack of a program's first thread, as most systems give.
pub(crate) const STACK: u64 = 8 << 20;

/// Bytes of addresses for the stack of each further thread, as Rust's standard library asks for.
const STACK_OF_A_THREAD: u64 = 2 << 20;

/// Bytes of memory that a process may lock, so that they are not swapped out.
pub(crate) const LOCKED_MEMORY: u64 = 1 << 20;

/// The resources that a rule limits, with the soft and the hard limit. `None` if no limit is known.
fn bounds(rule: Limit, limits: &Limits, tasks: Option<u64>) -> Option<(&[Resource], (u64, u64))> {
    let both = |value| (value, value);
    Some(match rule {
        Limit::CoreFiles => (&[Resource::Core], both(0)),
        Limit::Cpu => {
            // A second more than the job has, so that the supervisor, which adds up the time of all processes
            // of the job, sees first that the job exceeds its limit.
            let seconds = limits.cpu.as_secs() + 1;
            (&[Resource::Cpu], (seconds, seconds + 1))
        }
        Limit::FileSize => (&[Resource::Fsize], both(limits.file_bytes)),
        Limit::OpenFiles => (&[Resource::Nofile], both(limits.open_files)),
        Limit::Stack => (&[Resource::Stack], both(STACK)),
        Limit::LockedMemory => (&[Resource::Memlock], both(LOCKED_MEMORY)),
        Limit::Queues => (&[Resource::Msgqueue], both(0)),
        // No process gets a priority above the usual one.
        Limit::Priority => (&[Resource::Rtprio, Resource::Nice], both(0)),
        // Queued signals take memory of the kernel.
        Limit::Signals => (&[Resource::Sigpending], both(MOST_SIGNALS)),
        Limit::Tasks => (&[Resource::Nproc], both(tasks?)),
    })
}

/// Limit this process and every process that it will start. `tasks` is the value for `RLIMIT_NPROC`, given
/// where that limit is of use.
pub(crate) fn set(limits: &Limits, tasks: Option<u64>, without: RuleSet) -> rustix::io::Result<()> {
    // No rule limits these resources, because the supervisor limits the memory of the whole job. Soft limits
    // that were set for the client are not meant for jobs, so they are raised.
    for resource in [Resource::As, Resource::Data, Resource::Nproc] {
        let maximum = getrlimit(resource).maximum;
        let current = maximum;
        setrlimit(resource, Rlimit { current, maximum })?;
    }
    let in_force = Limit::ALL.iter().filter(|&&rule| !without.contains(rule));
    for (resources, (soft, hard)) in in_force.filter_map(|&rule| bounds(rule, limits, tasks)) {
        for &resource in resources {
            // Never above our own hard limit: only root may raise that.
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
    }
    Ok(())
}

/// What the kernel must let a process of a job have, so that a program is never short of what its
/// limits give it.
struct Grant {
    resource: Resource,
    /// In the kernel's unit.
    need: u64,
    /// The resource and its unit, for a message.
    what: &'static str,
    /// How many of the kernel's units make one unit of `what`.
    unit: u64,
    /// The option of `ulimit` by which shells show and set it.
    option: char,
    /// The field of the limits that asks for it.
    key: Option<&'static str>,
}

fn grants(limits: &Limits) -> [Grant; 7] {
    const MIB: u64 = 1 << 20;
    let stacks = limits.tasks.saturating_mul(STACK_OF_A_THREAD);
    let addresses = limits.memory_bytes.saturating_add(stacks);
    let grant = |resource, need, what, unit, option, key| Grant {
        resource,
        need,
        what,
        unit,
        option,
        key,
    };
    let seconds = limits.cpu.as_secs() + 1;
    let (cpu, time) = (Resource::Cpu, "seconds of processor time");
    let (nproc, tasks) = (Resource::Nproc, "processes and threads");
    let (size, memory) = (Some("file_bytes"), Some("memory_bytes"));
    [
        grant(cpu, seconds, time, 1, 't', Some("cpu")),
        grant(
            Resource::Fsize,
            limits.file_bytes,
            "MiB in one file",
            MIB,
            'f',
            size,
        ),
        grant(
            Resource::Nofile,
            limits.open_files,
            "open files",
            1,
            'n',
            Some("open_files"),
        ),
        grant(nproc, limits.tasks, tasks, 1, 'u', Some("tasks")),
        grant(Resource::Stack, STACK, "MiB of stack", MIB, 's', None),
        grant(
            Resource::As,
            addresses,
            "MiB of address space",
            MIB,
            'v',
            memory,
        ),
        grant(Resource::Data, addresses, "MiB of data", MIB, 'd', memory),
    ]
}

/// Make sure that this process may give its jobs of a stage what their limits say.
///
/// # Errors
/// It was itself given less.
pub fn prove_grants(stage: Stage, limits: &Limits) -> Result<(), Error> {
    prove(stage, limits, |resource| getrlimit(resource).maximum)
}

fn prove(
    stage: Stage,
    limits: &Limits,
    given: impl Fn(Resource) -> Option<u64>,
) -> Result<(), Error> {
    for grant in grants(limits) {
        let Some(most) = given(grant.resource).filter(|&most| most < grant.need) else {
            continue;
        };
        let Grant {
            what, unit, option, ..
        } = grant;
        return Err(Error::ShortOfResource {
            stage,
            need: grant.need.div_ceil(unit),
            what,
            limit: grant.key,
            source: Granted {
                most: most / unit,
                option,
            },
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_given_is_enough_or_named() {
        let limits = Limits {
            wall: Duration::from_secs(1),
            cpu: Duration::from_secs(30),
            memory_bytes: 1 << 30,
            tasks: 512,
            open_files: 100,
            file_bytes: 64 << 20,
            disk_bytes: 1 << 30,
            disk_files: 100,
            output_bytes: 1 << 20,
        };
        for (resource, enough) in [
            (Resource::Cpu, 31),
            (Resource::Fsize, 64 << 20),
            (Resource::Nofile, 100),
            (Resource::Nproc, 512),
            (Resource::Stack, 8 << 20),
            (Resource::As, 2 << 30),
            (Resource::Data, 2 << 30),
        ] {
            for stage in [Stage::Build, Stage::Run] {
                let ask = |most| prove(stage, &limits, |asked| (asked == resource).then_some(most));
                assert!(ask(enough).is_ok(), "{resource:?}");
                let error = ask(enough - 1).unwrap_err();
                let text = error.to_string();
                assert!(text.contains("failed to grant a "), "{text}");
            }
        }
        assert!(prove(Stage::Run, &limits, |_| None).is_ok());
    }
}
