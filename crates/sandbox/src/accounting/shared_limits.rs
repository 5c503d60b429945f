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

use crate::{
    host::{
        cgroup::Group,
        surroundings::{Above, Allowed, LimitOf, user_tasks},
    },
    limits::Limits,
};

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
            user_tasks: user_tasks().filter(|left| too_little(left, limits.tasks)),
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
        LimitOf::Machine => "this machine".to_owned(),
    };
    format!("the limit of {whose}: {most} {what}, of which {used} were in use before")
}
