//! The least that any observer costs: a listener that answers every call at once and inspects nothing.

#![expect(unsafe_code, reason = "seccomp has no safe wrapper")]

use std::{
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open},
};

/// The descriptor at which the program leaves its listener. Programs under test open few files.
const LISTENER: i32 = 99;

/// How long a program takes if a listener answers its system calls of these numbers.
///
/// # Errors
/// The program cannot be started, or the kernel refuses the listener.
pub fn time(command: &mut Command, calls: &[libc::c_long]) -> io::Result<Duration> {
    let mut filter = filter(calls);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    // SAFETY: the closure makes system calls only, and allocates nothing.
    unsafe { command.pre_exec(move || listen(&mut filter)) };
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    let start = Instant::now();
    let mut child = command.spawn()?;
    let process = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?;
    let listener = pidfd_getfd(&process, LISTENER, PidfdGetfdFlags::empty())?;
    answer_all(&listener)?;
    if child.wait()?.success() {
        Ok(start.elapsed())
    } else {
        Err(io::Error::other("the program failed"))
    }
}

/// Send these calls to a listener, and allow all others.
fn filter(calls: &[libc::c_long]) -> Vec<libc::sock_filter> {
    const fn step(code: u32, jf: u8, k: u32) -> libc::sock_filter {
        #[expect(clippy::cast_possible_truncation, reason = "all codes are below 256")]
        let code = code as u16;
        libc::sock_filter { code, jt: 0, jf, k }
    }
    let mut filter = vec![step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0)];
    for &call in calls {
        let number = u32::try_from(call).expect("numbers of system calls are small");
        filter.extend([
            step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 1, number),
            step(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_USER_NOTIF),
        ]);
    }
    let pass = step(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ALLOW);
    filter.push(pass);
    filter
}

/// Make the filtered calls of this process wait for a listener, at the descriptor `LISTENER`.
fn listen(filter: &mut [libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog {
        len: u16::try_from(filter.len()).map_err(io::Error::other)?,
        filter: filter.as_mut_ptr(),
    };
    rustix::thread::set_no_new_privs(true)?;
    // SAFETY: the pointers are to a program that lives through the call, which only reads it.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    };
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: plain numbers. The copy is not closed on exec, as the first one is.
    if fd < 0 || unsafe { libc::dup2(fd, LISTENER) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Answer until no process with the filter is left.
fn answer_all(listener: &OwnedFd) -> io::Result<()> {
    let fd = listener.as_raw_fd();
    // SAFETY: this request takes its argument by value. It lets both sides take turns on one processor.
    let _ = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, 1_u64) };
    loop {
        let mut fds = [PollFd::new(listener, PollFlags::IN)];
        poll(&mut fds, None)?;
        if !fds[0].revents().contains(PollFlags::IN) {
            return Ok(());
        }
        let mut notification = std::mem::MaybeUninit::<libc::seccomp_notif>::zeroed();
        // SAFETY: the kernel wants a zeroed structure of this size, and fills it.
        let result = unsafe {
            libc::ioctl(
                fd,
                libc::SECCOMP_IOCTL_NOTIF_RECV,
                notification.as_mut_ptr(),
            )
        };
        if result != 0 {
            continue;
        }
        // SAFETY: all integers, which zeros initialise.
        let id = unsafe { notification.assume_init() }.id;
        #[expect(clippy::cast_possible_truncation, reason = "the flag is 1")]
        let flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32;
        let mut response = libc::seccomp_notif_resp {
            id,
            val: 0,
            error: 0,
            flags,
        };
        // SAFETY: the pointer is to a response of this size that lives through the call.
        let _ = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut response) };
    }
}
