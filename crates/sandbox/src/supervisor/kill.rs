//! Kills everything that is left of a job, and proves that nothing is left.
//!
//! # Theory of operation
//!
//! There are four ways to kill, and the first one that is possible is taken:
//!
//! - The job has a process namespace. When its first process is killed, the kernel kills all others.
//! - Landlock confines the signals of this supervisor. Then `kill(-1)` reaches every process that the
//!   supervisor has started and no other, in one call, faster than the job can fork.
//! - The job has a user of its own. A process of that user makes the same call.
//! - Otherwise the supervisor looks into `/proc`. It stops every process that it finds until it finds no new
//!   one, because a stopped process does not fork, and then kills them all. Against a fork bomb that keeps
//!   every processor busy this can take a second.
//!
//! In every case the kernel gives the proof: the supervisor is the reaper of every process below it, so when it
//! has no child left, nothing of the job is left.

use std::{collections::HashSet, io, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fd::OwnedFd,
    io::Errno,
    process::{Pid, Signal},
};

use crate::{accounting::procfs, error::Failure, spawn::landlock, sys};

/// Real time in which every process must be gone after SIGKILL. A process that takes longer hangs in the
/// kernel, which is an error of the machine.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// The way in which this supervisor kills.
pub(crate) enum KillScope {
    /// Our child is the first process of a namespace.
    Namespace(OwnedFd),
    /// Our signals reach only processes below us. This has been verified.
    Scope,
    /// Only the job runs as this user.
    User(u32),
    /// Processes are found in `/proc`.
    Proc,
}

/// What is known once the whole job is dead.
#[derive(Debug, Default)]
pub(crate) struct Dead {
    /// How our child ended.
    pub(crate) status: Option<i32>,
    /// How many other processes were still alive and were killed by us. In a namespace the kernel kills them,
    /// and they are not counted.
    pub(crate) killed: u32,
}

/// Confine our signals to the processes that we will start, and verify it: before the call our signals reach
/// the client, and after the call they do not.
pub(crate) fn confine_own_signals(client: i32) -> Result<KillScope, Failure> {
    let refused = || io::Error::other("signals still reach the client");
    let client = Pid::from_raw(client).ok_or_else(refused)?;
    rustix::process::test_kill_process(client)?;
    landlock::confine_signals()?;
    match rustix::process::test_kill_process(client) {
        Err(Errno::PERM) => Ok(KillScope::Scope),
        _ => Err(refused().into()),
    }
}

/// Kill everything below us and wait until the kernel says that no child is left.
pub(crate) fn kill_all(child: Pid, scope: &KillScope) -> io::Result<Dead> {
    let start = std::time::Instant::now();
    let mut dead = Dead::default();
    let mut pause = Duration::from_micros(50);
    loop {
        if reap(child, &mut dead)? {
            return Ok(dead);
        }
        match scope {
            // An error means that it is dead already.
            KillScope::Namespace(first) => {
                let _ = rustix::process::pidfd_send_signal(first, Signal::KILL);
            }
            KillScope::Scope => sys::kill_all_in_scope(),
            KillScope::User(user) => kill_user(*user)?,
            KillScope::Proc => stop_and_kill()?,
        }
        if start.elapsed() > KILL_TIMEOUT {
            return Err(io::Error::other(
                "some processes of the job could not be killed",
            ));
        }
        match scope {
            // When the first process is dead the whole namespace is, and its descriptor says so without
            // polling.
            KillScope::Namespace(first) if dead.status.is_none() => {
                ends_within(first, KILL_TIMEOUT)?;
            }
            _ => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(1));
    }
}

/// Wait until a process has ended, for `timeout` at most, or until a signal interrupts the wait. Whether the
/// process has ended.
pub(crate) fn ends_within(process: &OwnedFd, timeout: Duration) -> io::Result<bool> {
    let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
    match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Reap every child that has ended. True if no child is left.
fn reap(child: Pid, dead: &mut Dead) -> io::Result<bool> {
    loop {
        match sys::wait_any(false) {
            Ok(Some((pid, status))) if pid == child.as_raw_nonzero().get() => {
                dead.status = Some(status);
            }
            Ok(Some((_, status))) => {
                if libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGKILL {
                    dead.killed = dead.killed.saturating_add(1);
                }
            }
            Ok(None) => return Ok(false),
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
}

/// Kill every process of a user, by a process of that user, which may signal no others.
fn kill_user(user: u32) -> io::Result<()> {
    let id = rustix::process::Uid::from_raw(user);
    match sys::copy_process(0, None)? {
        None => {
            if rustix::thread::set_thread_res_uid(id, id, id).is_ok() {
                sys::kill_all_in_scope();
            }
            sys::exit_now(0);
        }
        Some(killer) => {
            // Otherwise the next killer would kill this one, and it would be counted as a process of the job.
            rustix::process::waitpid(Some(killer), rustix::process::WaitOptions::empty())?;
        }
    }
    Ok(())
}

/// Stop every process below us until no new one appears, then kill them all.
fn stop_and_kill() -> io::Result<()> {
    let mut stopped = HashSet::new();
    // Each round stops the processes that were forked during the round before. The number of rounds is bounded,
    // because new processes may come that end before they are stopped.
    for _ in 0..64 {
        let mut new = false;
        for process in procfs::descendants()? {
            // Also a process that seems to have ended: maybe only its first thread has.
            if stopped.insert((process.pid, process.started)) {
                new = true;
                signal(&process, Signal::STOP);
            }
        }
        if !new {
            break;
        }
    }
    for process in procfs::descendants()? {
        signal(&process, Signal::KILL);
    }
    Ok(())
}

/// Send a signal to a process that was found in `/proc`, and not to another that has its number by now.
fn signal(process: &procfs::Process, signal: Signal) {
    if let Some(handle) = procfs::open(process) {
        // An error means that it is dead already.
        let _ = rustix::process::pidfd_send_signal(handle, signal);
    }
}

/// How many processes below us are alive.
pub(crate) fn count_alive() -> io::Result<u32> {
    let alive = procfs::descendants()?;
    let alive = alive.iter().filter(|process| process.is_alive()).count();
    Ok(u32::try_from(alive).unwrap_or(u32::MAX))
}
