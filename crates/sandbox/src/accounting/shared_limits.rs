//! Tells whether a limit that a job shares with others kept something from it that its own limits grant.
//!
//! # Theory of operation
//!
//! Where a job has control groups of its own, these tell who exhausted what. Where it has none, as in most
//! containers, what the groups above allow is read before the job starts, and what they have refused is read again
//! when the job has ended. A refusal in between is the surroundings' and not the job's. Others in the same group may
//! be the ones that were refused; so the answer is that nothing is known of the job, which is run again later.
//!
//! The limit of a user (`RLIMIT_NPROC`) has no such count. There, a job that failed counts as refused if the user
//! had fewer tasks left than the job may have, unless it was seen to need far fewer.
//!
//! Never stops a job.

use evidence::Termination;
use rustix::process::{Resource, getrlimit};

use crate::{
    host::{
        cgroup::Group,
        surroundings::{Above, Allowed, LimitOf, user_tasks},
    },
    limits::Limits,
};

/// A limit of the user that is so many times what a job may have is not reached.
const MANY: u64 = 16;

/// The limits around one job, as they were before it started.
#[derive(Debug)]
pub(crate) struct SharedLimits<'a> {
    above: &'a Above,
    /// How often the groups above had refused a task. `None` if the job's own group tells.
    refused_before: Option<u64>,
    /// The fewest tasks that a group above left.
    tasks: Option<Allowed>,
    /// The tasks that the limit of the user left, if they are fewer than the job may have.
    user_tasks: Option<Allowed>,
    /// The least memory that was left, if it is less than the job may have.
    memory: Option<Allowed>,
}

impl<'a> SharedLimits<'a> {
    /// Read what is left to a job with these limits that is about to run.
    pub(crate) fn before(above: &'a Above, group: Option<&Group>, limits: &Limits) -> Self {
        let own_tasks = group.is_some_and(Group::limits_tasks);
        let too_little = |allowed: &Allowed, granted| allowed.free() < granted;
        Self {
            above,
            refused_before: (!own_tasks).then(|| above.refused_tasks()),
            tasks: above.tasks().filter(|_| !own_tasks),
            user_tasks: match getrlimit(Resource::Nproc).maximum {
                // To count the tasks of a user takes long, and nobody has so many.
                Some(most) if most / MANY <= limits.tasks => {
                    user_tasks().filter(|left| too_little(left, limits.tasks))
                }
                _ => None,
            },
            memory: match group {
                Some(_) => None,
                None => above
                    .memory()
                    .filter(|left| too_little(left, limits.memory_bytes)),
            },
        }
    }

    /// The limit that refused the job a process or a thread, or may have done so, in words. `ended` is how the
    /// job ended, and `seen` is the largest number of its tasks that was seen at once.
    pub(crate) fn refused_task(&self, ended: Termination, seen: Option<u64>) -> Option<String> {
        if let Some(before) = self.refused_before
            && self.above.refused_tasks() > before
        {
            return Some(match &self.tasks {
                Some(tasks) => in_words(tasks, "processes and threads"),
                None => "a limit of a control group above it".to_owned(),
            });
        }
        let left = self.user_tasks.as_ref().filter(|_| !ended.is_success())?;
        let needs_far_fewer = seen.is_some_and(|seen| seen < left.free() / 2);
        (!needs_far_fewer).then(|| in_words(left, "processes and threads"))
    }

    /// What had less memory left than the job may have, in words. `None` if nothing had.
    pub(crate) fn too_little_memory(&self) -> Option<String> {
        let memory = self.memory.as_ref()?;
        let in_mib = Allowed {
            by: memory.by.clone(),
            most: memory.most >> 20,
            used: memory.used >> 20,
        };
        Some(in_words(&in_mib, "MiB of memory"))
    }
}

fn in_words(allowed: &Allowed, what: &str) -> String {
    let Allowed { by, most, used } = allowed;
    let whose = match by {
        LimitOf::Group(folder) => format!("the control group `{}`", folder.display()),
        LimitOf::User => "this user (`ulimit -u`)".to_owned(),
        LimitOf::BatchSystem => "the batch system".to_owned(),
        LimitOf::Machine => "this machine".to_owned(),
    };
    format!("the limit of {whose}: {most} {what}, of which {used} were in use before")
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    const EXITED: Termination = Termination::Exited { code: 0 };
    const PANICKED: Termination = Termination::Exited { code: 101 };

    fn allowed(most: u64, used: u64) -> Allowed {
        let by = LimitOf::User;
        Allowed { by, most, used }
    }

    /// A control group of version 2 with this limit, which refused as many tasks.
    fn write_group(folder: &Path, refused: u32) {
        for (file, text) in [
            ("pids.max", "256\n".to_owned()),
            ("pids.current", "10\n".to_owned()),
            ("pids.events", format!("max {refused}\n")),
        ] {
            fs::write(folder.join(file), text).unwrap();
        }
    }

    #[test]
    fn a_refusal_while_the_job_runs_is_no_end_of_the_jobs_own() {
        let group = tempfile::tempdir().unwrap();
        write_group(group.path(), 5);
        let above = Above::of_tasks(vec![group.path().to_path_buf()]);
        let before = SharedLimits {
            above: &above,
            refused_before: Some(above.refused_tasks()),
            tasks: above.tasks(),
            user_tasks: None,
            memory: None,
        };
        assert_eq!(before.refused_task(PANICKED, Some(200)), None);
        write_group(group.path(), 6);
        // Also of a job that went on with fewer threads.
        for ended in [PANICKED, EXITED] {
            let limit = before.refused_task(ended, None).unwrap();
            assert!(
                limit.contains("256 processes and threads, of which 10"),
                "{limit}"
            );
        }
        let with_own_group = SharedLimits {
            refused_before: None,
            ..before
        };
        assert_eq!(with_own_group.refused_task(PANICKED, None), None);
    }

    #[test]
    fn where_the_user_had_too_few_tasks_a_failure_may_come_from_it() {
        let above = Above::default();
        let shared = SharedLimits {
            above: &above,
            refused_before: Some(0),
            tasks: None,
            user_tasks: Some(allowed(1000, 600)),
            memory: None,
        };
        for (ended, seen, may_be) in [
            (PANICKED, Some(390), true),
            (PANICKED, Some(200), true),
            (PANICKED, None, true),
            (PANICKED, Some(9), false),
            (EXITED, Some(390), false),
        ] {
            let found = shared.refused_task(ended, seen);
            assert_eq!(found.is_some(), may_be, "{ended:?} {seen:?}");
        }
    }

    #[test]
    fn memory_is_too_little_if_less_is_left_than_is_granted() {
        let above = Above::default();
        let memory = Some(allowed(512 << 20, 12 << 20));
        let shared = SharedLimits {
            above: &above,
            refused_before: None,
            tasks: None,
            user_tasks: None,
            memory,
        };
        let words = shared.too_little_memory().unwrap();
        assert!(
            words.contains("512 MiB of memory, of which 12 were in use"),
            "{words}"
        );
    }
}
