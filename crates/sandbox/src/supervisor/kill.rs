//! End everything that is left of a job, and prove that nothing is.
//!
//! # Theory of operation
//!
//! Four ways, the first that applies. A process namespace: killing its first process kills all of it,
//! by the kernel. Signals confined by Landlock: `kill(-1)` reaches all that this supervisor ever started
//! and nothing else, in one call that no fork can outrun for long. A user of the job's own: the same
//! call, made by a process of that user. Otherwise `/proc`: stop whatever is found until nothing new is
//! found, then kill, since what is stopped does not fork; a bomb that keeps every processor busy can
//! make that take a second.
//!
//! In every case the proof is the kernel's: this process is the reaper of everything below it, so when
//! it has no child left, nothing of the job is left.

use std::{collections::HashSet, io, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fd::OwnedFd,
    io::Errno,
    process::{Pid, Signal},
};

use crate::{accounting::procfs, spawn::landlock, sys};

/// Deadline for reaping after SIGKILL. A process that survives for longer hangs in the kernel, and the run is
/// a fault of the machine.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// How this supervisor can kill.
pub(crate) enum KillScope {
    /// The child is the first process of a namespace.
    Namespace(OwnedFd),
    /// Signals reach only what is below us; verified.
    Scope,
    /// This user is the job's alone.
    User(u32),
    /// Only by looking.
    Proc,
}

/// What is known when all is dead.
#[derive(Debug, Default)]
pub(crate) struct Dead {
    /// How our child ended.
    pub(crate) status: Option<i32>,
    /// Others that were still alive, and that we killed. In a namespace they are not told apart.
    pub(crate) killed: u32,
}

/// Confine our signals to what we will start, and make sure that it is so before anybody relies on it: now
/// they reach the client, and then they do not.
pub(crate) fn confine_own_signals(client: i32) -> io::Result<KillScope> {
    let refused = || io::Error::other("signals still reach the client");
    let client = Pid::from_raw(client).ok_or_else(refused)?;
    rustix::process::test_kill_process(client)?;
    landlock::confine_signals()?;
    match rustix::process::test_kill_process(client) {
        Err(Errno::PERM) => Ok(KillScope::Scope),
        _ => Err(refused()),
    }
}

/// Kill everything below us and wait until the kernel says that none is left.
pub(crate) fn kill_all(child: Pid, reach: &KillScope) -> io::Result<Dead> {
    let start = std::time::Instant::now();
    let mut dead = Dead::default();
    let mut nap = Duration::from_micros(50);
    loop {
        if reap(child, &mut dead)? {
            return Ok(dead);
        }
        match reach {
            // An error says that it is dead already.
            KillScope::Namespace(first) => {
                let _ = rustix::process::pidfd_send_signal(first, Signal::KILL);
            }
            KillScope::Scope => sys::kill_all_in_scope(),
            KillScope::User(user) => kill_user(*user)?,
            KillScope::Proc => stop_and_kill()?,
        }
        if start.elapsed() > KILL_TIMEOUT {
            return Err(io::Error::other(
                "some of its processes could not be killed",
            ));
        }
        match reach {
            // All of it is dead when its first process is, and that is told.
            KillScope::Namespace(first) if dead.status.is_none() => {
                ends_within(first, KILL_TIMEOUT)?;
            }
            _ => std::thread::sleep(nap),
        }
        nap = (nap * 2).min(Duration::from_millis(1));
    }
}

/// Wait for a process's end, so long at most, and no longer than until a signal comes. Whether it has ended.
pub(crate) fn ends_within(process: &OwnedFd, timeout: Duration) -> io::Result<bool> {
    let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
    match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Wait for all that has ended. True if there is nothing left to wait for.
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

/// Have everything of a user killed by a process of that user, which may signal nobody else.
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
            // Or the next one would kill it, and it would be counted among the killed.
            rustix::process::waitpid(Some(killer), rustix::process::WaitOptions::empty())?;
        }
    }
    Ok(())
}

/// Stop every process below us until no new one appears, then kill them all.
fn stop_and_kill() -> io::Result<()> {
    let mut stopped = HashSet::new();
    // Each round stops what forked during the one before. Bounded, for processes that just die.
    for _ in 0..64 {
        let mut new = false;
        for process in procfs::descendants()? {
            // Also what seems to have ended: of its first thread only is that known.
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

/// Send a signal to a process that was found in `/proc`, and to no other that has its number by now.
fn signal(process: &procfs::Process, signal: Signal) {
    if let Some(target) = procfs::target(process) {
        // An error says that it is dead already.
        let _ = rustix::process::pidfd_send_signal(target, signal);
    }
}

/// How many processes below us are alive.
pub(crate) fn count_alive() -> io::Result<u32> {
    let alive = procfs::descendants()?;
    let alive = alive.iter().filter(|process| process.is_alive()).count();
    Ok(u32::try_from(alive).unwrap_or(u32::MAX))
}
