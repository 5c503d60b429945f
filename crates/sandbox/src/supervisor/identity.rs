//! Takes the user of a job while the job is watched, where a supervisor that runs as root may not look into
//! processes of another user.
//!
//! # Theory of operation
//!
//! Root may look into any process only by the capability `SYS_PTRACE`, and by default containers do not have it.
//! But every process may look into those of its own user. So such a supervisor takes the user of its job, as its
//! real and its effective user, once the job has started. Root stays its saved user, by which it becomes root
//! again.
//!
//! To the job, the supervisor is then what it always is where nobody is root: a process of the same user. The
//! same layers keep the job from it. And as root is its saved user, the kernel refuses to let the job trace it,
//! read its memory or set its limits.
//!
//! In the full tier it is not needed: the supervisor owns the job's user namespace, and has every capability in it.

use std::io;

use rustix::{
    process::{Gid, Uid, getegid, geteuid},
    thread::{set_thread_res_gid, set_thread_res_uid},
};

use crate::{job::Stage, spawn::Launch, sys, tier::Tier};

/// The identity that this process has again when this is dropped.
#[derive(Debug)]
pub(crate) struct Borrowed {
    user: Uid,
    group: Gid,
}

/// Take the user of the job, if its monitor could not look into it otherwise. This process has one thread, so the
/// identity of the thread is that of the process.
pub(crate) fn borrow(launch: &Launch<'_>) -> io::Result<Option<Borrowed>> {
    let is_needed = launch.job.stage == Stage::Run
        && matches!(launch.mode.tier, Tier::Weak | Tier::Confined)
        && !sys::may_look_into_others()?;
    let Some(id) = launch.user.filter(|_| is_needed) else {
        return Ok(None);
    };
    let own = Borrowed {
        user: geteuid(),
        group: getegid(),
    };
    let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
    // The group first, because only root may change it. If a step fails, `own` is dropped.
    set_thread_res_gid(group, group, own.group)?;
    set_thread_res_uid(user, user, own.user)?;
    Ok(Some(own))
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // Neither can fail: each identity is one of the three that this process has. If one did, the supervisor
        // could not remove the job's groups, and would say so.
        let _ = set_thread_res_uid(self.user, self.user, self.user);
        let _ = set_thread_res_gid(self.group, self.group, self.group);
    }
}
