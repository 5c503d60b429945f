//! Attacks on a process outside of the job: on its memory, its limits, its scheduling and its life.

#![expect(unsafe_code, reason = "sends signals as a hostile program would")]

use std::{
    fs,
    io::{self, Write as _},
    os::{fd::AsRawFd as _, unix::net::UnixStream},
};

use super::{
    attempt::{Attempt, TargetInfo, address, call, describe},
    targets::SECRET,
};

pub(crate) fn list_processes(targets: &TargetInfo) -> Attempt {
    let victim = targets.victim.to_string();
    let mut processes = fs::read_dir("/proc")
        .map_err(|error| error.to_string())?
        .flatten();
    if processes.any(|process| process.file_name().to_str() == Some(&victim)) {
        Ok("listed them".into())
    } else {
        Err("sees its own only".into())
    }
}

pub(crate) fn read_environ(targets: &TargetInfo) -> Attempt {
    let environ = fs::read(format!("/proc/{}/environ", targets.victim));
    match environ {
        Ok(bytes) if String::from_utf8_lossy(&bytes).contains(SECRET) => Ok("read it".into()),
        Ok(_) => Err("is not there".into()),
        Err(error) => Err(error.to_string()),
    }
}

pub(crate) fn read_memory_by_proc(targets: &TargetInfo) -> Attempt {
    describe(
        fs::File::open(format!("/proc/{}/mem", targets.victim)),
        "opened it",
    )
}

pub(crate) fn read_memory_by_call(targets: &TargetInfo) -> Attempt {
    let mut buffer = [0_u8; 8];
    let here = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // Nothing is mapped there. A job that may not read the memory gets another error than one that may.
    let there = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(4096),
        iov_len: buffer.len(),
    };
    let victim = i64::from(targets.victim).cast_unsigned();
    match call(
        libc::SYS_process_vm_readv,
        [victim, address(&here), 1, address(&there), 1],
    ) {
        Err(error) if error.raw_os_error() != Some(libc::EFAULT) => Err(error.to_string()),
        _ => Ok("may read".into()),
    }
}

pub(crate) fn trace_process(targets: &TargetInfo) -> Attempt {
    const SEIZE: u64 = 0x4206;
    let victim = i64::from(targets.victim).cast_unsigned();
    describe(
        call(libc::SYS_ptrace, [SEIZE, victim, 0, 0, 0]),
        "traces it",
    )
}

pub(crate) fn take_descriptor(targets: &TargetInfo) -> Attempt {
    let victim = i64::from(targets.victim).cast_unsigned();
    let process =
        call(libc::SYS_pidfd_open, [victim, 0, 0, 0, 0]).map_err(|error| error.to_string())?;
    let arguments = [process.unsigned_abs(), 0, 0, 0, 0];
    describe(
        call(libc::SYS_pidfd_getfd, arguments),
        "took its standard input",
    )
}

pub(crate) fn limit_process(targets: &TargetInfo) -> Attempt {
    let limit = libc::rlimit {
        rlim_cur: 100,
        rlim_max: 200,
    };
    let victim = i64::from(targets.victim).cast_unsigned();
    let arguments = [
        victim,
        u64::from(libc::RLIMIT_NOFILE),
        address(&limit),
        0,
        0,
    ];
    describe(call(libc::SYS_prlimit64, arguments), "limited it")
}

pub(crate) fn renice_process(targets: &TargetInfo) -> Attempt {
    let victim = i64::from(targets.victim).cast_unsigned();
    describe(
        call(libc::SYS_setpriority, [0, victim, 5, 0, 0]),
        "slowed it down",
    )
}

pub(crate) fn pin_process(targets: &TargetInfo) -> Attempt {
    let mut mask = [0_u64; 16];
    let size = size_of_val(&mask) as u64;
    let own = [0, size, mask.as_mut_ptr().addr() as u64, 0, 0];
    call(libc::SYS_sched_getaffinity, own).map_err(|error| error.to_string())?;
    let victim = i64::from(targets.victim).cast_unsigned();
    let arguments = [victim, size, address(&mask), 0, 0];
    describe(call(libc::SYS_sched_setaffinity, arguments), "pinned it")
}

pub(crate) fn idle_process(targets: &TargetInfo) -> Attempt {
    let parameter = libc::sched_param { sched_priority: 0 };
    let victim = i64::from(targets.victim).cast_unsigned();
    let idle = u64::from(libc::SCHED_IDLE.unsigned_abs());
    let arguments = [victim, idle, address(&parameter), 0, 0];
    describe(
        call(libc::SYS_sched_setscheduler, arguments),
        "made it wait for all others",
    )
}

pub(crate) fn signal_process(targets: &TargetInfo) -> Attempt {
    // A process that does not handle this signal ignores it.
    let (victim, signal) = (targets.victim, libc::SIGWINCH);
    // SAFETY: sends a signal.
    if unsafe { libc::kill(victim, signal) } == 0 {
        return Ok("sent one".into());
    }
    let mut answers = vec![io::Error::last_os_error().to_string()];
    let (victim, signal) = (
        i64::from(victim).cast_unsigned(),
        u64::from(signal.unsigned_abs()),
    );
    let mut attempt = |number, arguments| match call(number, arguments) {
        Ok(_) => true,
        Err(error) => {
            answers.push(error.to_string());
            false
        }
    };
    if attempt(libc::SYS_tgkill, [victim, victim, signal, 0, 0]) {
        return Ok("sent one to a thread".into());
    }
    if let Ok(process) = call(libc::SYS_pidfd_open, [victim, 0, 0, 0, 0])
        && attempt(
            libc::SYS_pidfd_send_signal,
            [process.unsigned_abs(), signal, 0, 0, 0],
        )
    {
        return Ok("sent one by descriptor".into());
    }
    Err(answers.join("; "))
}

pub(crate) fn signal_supervisor(_: &TargetInfo) -> Attempt {
    match rustix::process::getppid().map(rustix::process::test_kill_process) {
        Some(Ok(())) => Ok("may send one".into()),
        Some(Err(error)) => Err(io::Error::from(error).to_string()),
        None => Err("it has no number in here".into()),
    }
}

/// Have the kernel send the victim SIGIO when a socket has something to read. The signal kills the victim,
/// which only the process that set up the targets can see.
pub(crate) fn signal_by_file(targets: &TargetInfo) -> Attempt {
    const FIOSETOWN: u64 = 0x8901;
    const FIOASYNC: u64 = 0x5452;
    let (near, mut far) = UnixStream::pair().map_err(|error| error.to_string())?;
    let end = u64::from(near.as_raw_fd().unsigned_abs());
    for (request, value) in [(FIOSETOWN, targets.second_victim), (FIOASYNC, 1)] {
        call(libc::SYS_ioctl, [end, request, address(&value)])
            .map_err(|error| error.to_string())?;
    }
    far.write_all(b"x").map_err(|error| error.to_string())?;
    Err("asked for one".into())
}

pub(crate) fn kill(targets: &TargetInfo) -> Attempt {
    // SAFETY: sends a signal.
    if unsafe { libc::kill(targets.victim, libc::SIGKILL) } == 0 {
        Ok("killed it".into())
    } else {
        Err(io::Error::last_os_error().to_string())
    }
}
