//! What the surroundings of this program do not allow although the course grants it: limits of a container, of a
//! service or of the user, known before a submission runs.
//!
//! Hides how a machine tells its limits; `sandbox` finds them. Never refuses anything: a program that needs what
//! is not there is *not graded*, and others are graded.

use std::num::NonZeroUsize;

use sandbox::{Allowed, BatchJob, LimitOf, Limits, Place, Surroundings};

use crate::fault::{Fault, FaultKind};
use ids::words::count;
use observer::Count;
use sandbox::Sandbox;

const MIB: u64 = 1 << 20;

/// What the surroundings allow, on one line.
#[must_use]
pub fn allowed_around(around: &Surroundings) -> String {
    let mut parts = vec![place(around.place).to_owned()];
    if let Some(processors) = around.processors {
        parts.push(count(processors.get(), "processor"));
    }
    if let Some(memory) = &around.memory {
        parts.push(format!("{} MiB of memory are free", memory.free() / MIB));
    }
    parts.push(match &around.tasks {
        Some(tasks) => format!("{} processes and threads are free", tasks.free()),
        None => "no limit on processes and threads is known".to_owned(),
    });
    parts.join("; ")
}

/// What a batch system gave to the job of this program, on one line, and that `jobs` submissions are graded at a time.
#[must_use]
pub fn job_around(job: &BatchJob, jobs: NonZeroUsize) -> String {
    let processors = job.processors.map_or_else(
        || "an unknown number of processors".to_owned(),
        |processors| count(processors.get(), "processor"),
    );
    let memory = job.memory.map_or_else(
        || "no limit on memory is known".to_owned(),
        |memory| format!("{} MiB of memory", memory / MIB),
    );
    format!(
        "{} {}: {processors}, {memory}; `--jobs` is {jobs} if it is not given",
        job.system, job.id
    )
}

/// What the surroundings do not allow although these limits grant it to a program: a sentence for each resource,
/// with what to do.
#[must_use]
pub fn short_around(around: &Surroundings, limits: &Limits) -> Vec<String> {
    let tasks = around.tasks.as_ref();
    let memory = around.memory.as_ref();
    let tasks = tasks.and_then(|tasks| short_of_tasks(around.place, tasks, limits.tasks));
    let memory = memory.and_then(|memory| short_of_memory(around.place, memory, limits));
    tasks.into_iter().chain(memory).collect()
}

fn short_of_tasks(place: Place, allowed: &Allowed, granted: u64) -> Option<String> {
    let Allowed { by, most, .. } = allowed;
    let free = allowed.free();
    (free < granted).then(|| {
        format!(
            "{} allows {most} processes and threads, and {free} of them are free; a run may use {granted}, \
             and a program that is refused one is not graded; to raise the limit, {}",
            whose(place, by),
            raise(place, by, "--pids-limit", "TasksMax=")
        )
    })
}

fn short_of_memory(place: Place, allowed: &Allowed, limits: &Limits) -> Option<String> {
    let Allowed { by, most, .. } = allowed;
    let (free, granted) = (allowed.free() / MIB, limits.memory_bytes / MIB);
    (free < granted).then(|| {
        format!(
            "{} allows {} MiB of memory, and {free} MiB are free; a run may use {granted} MiB, and a program \
             that is killed for want of memory is not graded; to raise the limit, {}",
            whose(place, by),
            most / MIB,
            raise(place, by, "--memory", "MemoryMax=")
        )
    })
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Container => "a container",
        Place::Wsl => "Windows Subsystem for Linux",
        Place::BatchJob => "a job of a batch system",
        _ => "no container",
    }
}

fn whose(place: Place, by: &LimitOf) -> String {
    match (place, by) {
        (_, LimitOf::User) => "this user".to_owned(),
        (_, LimitOf::BatchSystem) => "the batch system".to_owned(),
        (_, LimitOf::Machine) => "this machine".to_owned(),
        (Place::Container, LimitOf::Group(_)) => "this container".to_owned(),
        (_, LimitOf::Group(folder)) => format!("the control group `{}`", folder.display()),
    }
}

fn raise(place: Place, by: &LimitOf, option: &str, property: &str) -> String {
    match (place, by) {
        (_, LimitOf::User) => "use `ulimit -u`, as root".to_owned(),
        (_, LimitOf::BatchSystem) => {
            "ask the batch system for more memory for the job, in Slurm with `--mem`".to_owned()
        }
        (_, LimitOf::Machine) => "end other programs".to_owned(),
        (Place::Container, LimitOf::Group(_)) => {
            format!("start the container with a higher `{option}`")
        }
        (Place::BatchJob, LimitOf::Group(_)) => "ask the batch system for more".to_owned(),
        (_, LimitOf::Group(_)) => format!("set `{property}` of the service or the user's slice"),
    }
}

/// Make sure that this machine can observe what programs read: programs of known concurrency are observed, and
/// what is counted must be exact.
///
/// # Errors
/// It cannot, or it counts wrongly; the cause and what to do are in the fault.
pub fn prove_observer(sandbox: &Sandbox) -> Result<(), Fault> {
    if let Err(missing) = observer::can_observe(sandbox)? {
        return Err(unobservable(&missing));
    }
    let wrong = |counts: &[Count]| counts.iter().find(|count| !count.is_exact()).cloned();
    let Some(_) = wrong(&observer::self_test(sandbox)?) else {
        return Ok(());
    };
    // A machine that was stopped for a moment may miscount once.
    match wrong(&observer::self_test(sandbox)?) {
        None => Ok(()),
        Some(count) => Err(unobservable(&match count.counted {
            Err(why) => why,
            Ok(rounds) => format!(
                "{rounds} rounds were counted where {} are right, with {} threads",
                count.expected, count.threads
            ),
        })),
    }
}

/// The fault of a machine on which reads cannot be observed.
#[must_use]
pub fn unobservable(cause: &str) -> Fault {
    let place = sandbox::surroundings().place;
    Fault::new(
        FaultKind::Sandbox,
        "failed to observe what programs read, so nothing was graded",
    )
    .because(cause)
    .hint(observing(place))
}

/// What to do where reads cannot be observed.
#[must_use]
pub fn observing(place: Place) -> &'static str {
    match place {
        Place::Container => {
            "start the container with `--user 1000`, or with `--cap-add SYS_PTRACE`, and with a seccomp profile \
             that permits seccomp(2) and process_vm_readv(2); in gVisor and on an emulated processor (qemu-user) \
             reads cannot be observed"
        }
        Place::Wsl => {
            "use WSL 2 with its newest kernel (`wsl --update`); in WSL 1 reads cannot be observed"
        }
        _ => {
            "use Linux 5.15 or later, not on an emulated processor (qemu-user) and not below another program \
             that traces this one; `kernel.yama.ptrace_scope` must be 0 or 1"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMITS: Limits = Limits {
        wall: Duration::from_secs(1),
        cpu: Duration::from_secs(1),
        memory_bytes: 1 << 30,
        tasks: 2048,
        open_files: 64,
        file_bytes: 1,
        disk_bytes: 1,
        disk_files: 1,
        output_bytes: 1,
    };

    fn group(most: u64, used: u64) -> Allowed {
        let by = LimitOf::Group("/sys/fs/cgroup/x".into());
        Allowed { by, most, used }
    }

    #[test]
    fn what_is_not_enough_is_named_with_whose_limit_it_is_and_what_helps() {
        let short = |place, allowed: &Allowed| short_of_tasks(place, allowed, LIMITS.tasks);
        let container = short(Place::Container, &group(256, 16)).unwrap();
        for words in [
            "this container allows 256 processes and threads",
            "240 of them are free",
            "a run may use 2048",
            "`--pids-limit`",
        ] {
            assert!(container.contains(words), "{words}: {container}");
        }
        let service = short(Place::Machine, &group(1000, 0)).unwrap();
        assert!(service.contains("`/sys/fs/cgroup/x`") && service.contains("TasksMax="));
        let job = short(Place::BatchJob, &group(1000, 0)).unwrap();
        assert!(!job.contains("TasksMax="), "{job}");
        let by = LimitOf::User;
        let of_user = Allowed {
            by,
            most: 3000,
            used: 2000,
        };
        let user = short(Place::Machine, &of_user).unwrap();
        assert!(user.contains("ulimit -u"), "{user}");
        assert_eq!(short(Place::Container, &group(4096, 2048)), None);

        let memory = |allowed| short_of_memory(Place::Container, &allowed, &LIMITS);
        let small = memory(group(512 << 20, 12 << 20)).unwrap();
        assert!(small.contains("allows 512 MiB") && small.contains("500 MiB are free"));
        assert!(small.contains("`--memory`"), "{small}");
        assert_eq!(memory(group(2 << 30, 0)), None);
        let of_job = Allowed {
            by: LimitOf::BatchSystem,
            most: 700 << 20,
            used: 0,
        };
        let job = short_of_memory(Place::BatchJob, &of_job, &LIMITS).unwrap();
        assert!(job.contains("the batch system allows 700 MiB"), "{job}");
        assert!(job.contains("`--mem`"), "{job}");
    }

    #[test]
    fn what_helps_the_observer_fits_the_place() {
        assert!(observing(Place::Container).contains("--cap-add SYS_PTRACE"));
        assert!(!observing(Place::Machine).contains("container"));
        assert!(observing(Place::Wsl).contains("wsl --update"));
    }
}
