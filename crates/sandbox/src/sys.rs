//! Calls into the system: those that need `unsafe`, each as small as it can be, the settings that several
//! kinds of processes make for themselves, and the clocks.
//!
//! For the supervisor and the processes that it starts, which have one thread each, and for the start of
//! `main`. Never decides when a call is made.

#![expect(unsafe_code, reason = "what neither std nor rustix wraps")]

use std::{
    ffi::{CString, c_char, c_int, c_long, c_uint},
    io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    time::Duration,
};

use rustix::process::Pid;

/// Processor time of this process so far. It measures how much a sample costs better than real time, which
/// passes faster than the work gets done when a job keeps every processor busy.
pub(crate) fn own_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// The time of the clock that `Instant` reads, in nanoseconds. Unlike an `Instant`, it can be sent to another
/// process.
pub(crate) fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Keep the memory of this process unreadable to other processes of its user.
pub(crate) fn set_not_dumpable() -> rustix::io::Result<()> {
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
}

/// Whether this process may look into processes of other users.
pub(crate) fn may_look_into_others() -> rustix::io::Result<bool> {
    let held = rustix::thread::capabilities(None)?.effective;
    Ok(held.contains(rustix::thread::CapabilitySet::SYS_PTRACE))
}

/// What all children of this process used that have been reaped, together with their own reaped children.
pub(crate) struct ChildrenUsage {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
    /// The peak of the child whose peak was the highest.
    pub(crate) peak_memory_bytes: u64,
    pub(crate) voluntary_switches: u64,
    pub(crate) involuntary_switches: u64,
}

/// Processor time and memory of the children that were reaped, and of theirs.
pub(crate) fn children_usage() -> io::Result<ChildrenUsage> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a `rusage` that lives through the call, which only writes there.
    if unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all of `rusage` is integers, which zeros initialise, and the call has filled it.
    let usage = unsafe { usage.assume_init() };
    let time = |t: libc::timeval| {
        Duration::from_secs(t.tv_sec.unsigned_abs())
            + Duration::from_micros(t.tv_usec.unsigned_abs())
    };
    Ok(ChildrenUsage {
        user: time(usage.ru_utime),
        system: time(usage.ru_stime),
        // Linux counts in KiB.
        peak_memory_bytes: usage.ru_maxrss.unsigned_abs() * 1024,
        voluntary_switches: usage.ru_nvcsw.unsigned_abs(),
        involuntary_switches: usage.ru_nivcsw.unsigned_abs(),
    })
}

/// Make a copy of this process in new namespaces (`CLONE_NEW…`, or 0). `None` in the copy.
///
/// The caller must have only one thread, because the copy has a copy of all its memory. With `group`, a control
/// group of version 2, the copy is in that group from its start.
pub(crate) fn copy_process(namespaces: c_int, group: Option<&OwnedFd>) -> io::Result<Option<Pid>> {
    let pid = if let Some(group) = group {
        const INTO_CGROUP: u64 = 0x2_0000_0000;
        // SAFETY: `clone_args` is integers, for which zero is a value, and means "not given".
        let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
        arguments.flags = INTO_CGROUP | u64::from(namespaces.unsigned_abs());
        arguments.exit_signal = u64::from(libc::SIGCHLD.unsigned_abs());
        arguments.cgroup = u64::from(group.as_raw_fd().unsigned_abs());
        // SAFETY: as below; the pointer is to a structure of that size that lives through the call.
        unsafe {
            libc::syscall(
                libc::SYS_clone3,
                &raw const arguments,
                std::mem::size_of::<libc::clone_args>(),
            )
        }
    } else {
        let flags = c_long::from(namespaces | libc::SIGCHLD);
        // SAFETY: without CLONE_VM the copy has memory of its own, and with a null stack it goes on
        // upon a copy of this one, as after fork; all pointer arguments are null. There is one thread,
        // so no lock is held by a thread that does not exist in the copy.
        unsafe { libc::syscall(libc::SYS_clone, flags, 0_u64, 0_u64, 0_u64, 0_u64) }
    };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(i32::try_from(pid).ok().and_then(Pid::from_raw))
}

/// Set every signal to its default action, and block none. A program inherits both settings.
pub(crate) fn reset_signals() {
    for signal in 1..=64 {
        // SAFETY: the default action is no handler of ours; a signal for which it cannot be set has it already.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the first call initialises the set that the second one reads.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

/// Set SIGCHLD to its default action and unblock it, whatever this process has inherited. While a process
/// ignores that signal, the kernel forgets how its children ended.
pub(crate) fn unblock_sigchld() {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the default is no handler of ours; the first two calls on the set initialise what the third
    // one reads.
    unsafe {
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGCHLD);
        libc::sigprocmask(libc::SIG_UNBLOCK, set.as_ptr(), std::ptr::null_mut());
    }
}

/// Whether this process ignores a signal.
pub(crate) fn ignores(signal: c_int) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: nothing is changed; the pointer is to a structure that lives through the call, which only
    // writes there.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: integers and pointers without a referent, which zeros initialise.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Exit at once, without running destructors or handlers.
pub(crate) fn exit_now(code: c_int) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

/// Become `program`. Returns only if that failed.
pub(crate) fn exec(program: &CString, arguments: &[CString], environment: &[CString]) -> io::Error {
    let pointers = |strings: &[CString]| -> Vec<*const c_char> {
        let ends = std::iter::once(std::ptr::null());
        strings.iter().map(|s| s.as_ptr()).chain(ends).collect()
    };
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    // SAFETY: both lists end with null, and they and the strings they point to live through the call.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}

/// Have `exec` close every descriptor from `first` on.
pub(crate) fn close_on_exec_from(first: c_uint) -> io::Result<()> {
    // SAFETY: only sets a flag on descriptors; none is closed now.
    let done = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first,
            c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Make `fd` a copy of `other`. The file that `fd` referred to before is closed.
pub(crate) fn replace(fd: BorrowedFd<'_>, other: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: both are open, and the owner of `fd` goes on owning an open descriptor.
    if unsafe { libc::dup3(other.as_raw_fd(), fd.as_raw_fd(), libc::O_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Kill every process that this one may send signals to, except itself.
///
/// Only for a process that may send signals to no process but its own descendants or those of one job, and has
/// made sure of it.
pub(crate) fn kill_all_in_scope() {
    // SAFETY: sends signals, touches no memory. An error means that there is no such process.
    let _ = unsafe { libc::kill(-1, libc::SIGKILL) };
}

/// Reap any child. Returns its number and its status, or `None` if no child has ended. With `block`, waits
/// until one ends. `ECHILD`: there are no children.
pub(crate) fn wait_any(block: bool) -> io::Result<Option<(i32, c_int)>> {
    let options = if block { 0 } else { libc::WNOHANG };
    loop {
        let mut status = 0;
        // SAFETY: the pointer is to an integer that lives through the call.
        match unsafe { libc::waitpid(-1, &raw mut status, options) } {
            0 => return Ok(None),
            pid if pid > 0 => return Ok(Some((pid, status))),
            _ => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

/// The version of Landlock's interface that this kernel has, 0 for none.
pub(crate) fn landlock_version() -> i32 {
    const CREATE_RULESET_VERSION: c_uint = 1;
    // SAFETY: with this flag the call takes no pointer and returns a number.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0_usize,
            CREATE_RULESET_VERSION,
        )
    };
    i32::try_from(version).unwrap_or(0).max(0)
}

/// Whether a filter reports calls to a descriptor, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listener {
    /// The filter reports no calls.
    None,
    /// The filter reports calls to a new descriptor.
    Notify {
        /// Whether only a deadly signal interrupts a call whose report has been received. Since Linux 5.19.
        wait_killable: bool,
    },
}

/// Install a filter for the system calls of this thread and of every process that it will start, for good. "No
/// new privileges" must be set. Returns the listener's descriptor, which closes on exec, if one was asked for.
///
/// # Errors
/// `EBUSY`: another filter of this thread has a listener. `EINVAL`, `ENOSYS`: this kernel cannot do it.
pub(crate) fn install_filter(
    filter: &[libc::sock_filter],
    listener: Listener,
) -> io::Result<Option<OwnedFd>> {
    const WAIT_KILLABLE_RECV: libc::c_ulong = 1 << 5;
    let flags = match listener {
        Listener::None => 0,
        Listener::Notify { wait_killable } => {
            let killable = if wait_killable { WAIT_KILLABLE_RECV } else { 0 };
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | killable
        }
    };
    let program = libc::sock_fprog {
        len: u16::try_from(filter.len()).map_err(io::Error::other)?,
        filter: filter.as_ptr().cast_mut(),
    };
    // SAFETY: `program` and the instructions it points to live through the call, which copies them.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const program,
        )
    };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    if listener == Listener::None {
        return Ok(None);
    }
    let fd = c_int::try_from(answer).map_err(io::Error::other)?;
    // SAFETY: with a listener asked for, the call returns a new descriptor that nothing else owns.
    Ok(Some(unsafe { OwnedFd::from_raw_fd(fd) }))
}
