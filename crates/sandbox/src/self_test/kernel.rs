//! Attacks by what outlives a process, and on parts of the kernel that ordinary programs do not need.

#![expect(
    unsafe_code,
    reason = "makes processes and calls as a hostile program would"
)]

use std::io;

use super::attempt::{Attempt, NOT_HERE, TargetInfo, call, describe};

pub(crate) fn share_memory(_: &TargetInfo) -> Attempt {
    let private = 0;
    let id =
        call(libc::SYS_shmget, [private, 4096, 0o1600, 0, 0]).map_err(|error| error.to_string())?;
    let remove = 0;
    let _ = call(libc::SYS_shmctl, [id.unsigned_abs(), remove, 0, 0, 0]);
    Ok("made a segment".into())
}

pub(crate) fn use_keyring(_: &TargetInfo) -> Attempt {
    let (get_id, of_user) = (0, (-4_i64).cast_unsigned());
    describe(
        call(libc::SYS_keyctl, [get_id, of_user, 1, 0, 0]),
        "found the user's",
    )
}

pub(crate) fn use_io_uring(_: &TargetInfo) -> Attempt {
    let mut parameters = [0_u8; 256];
    let arguments = [1, parameters.as_mut_ptr().addr() as u64, 0, 0, 0];
    describe(call(libc::SYS_io_uring_setup, arguments), "made one")
}

/// Make an attack in a child process, because its effect on the process cannot be undone. The child exits with
/// what `act` returns; 0 means that the attack got through.
fn in_a_child(act: fn() -> i32) -> Result<i32, String> {
    // SAFETY: this process has one thread, so the child may do anything.
    match unsafe { libc::fork() } {
        0 => {
            let code = act();
            // SAFETY: ends this process.
            unsafe { libc::_exit(code) }
        }
        child if child > 0 => {
            let mut status = 0;
            // SAFETY: the pointer is to an integer that lives through the call.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            Ok(status)
        }
        _ => Err(io::Error::last_os_error().to_string()),
    }
}

pub(crate) fn make_user_namespace(_: &TargetInfo) -> Attempt {
    let status = in_a_child(|| {
        let new_user = u64::from(libc::CLONE_NEWUSER.unsigned_abs());
        match call(libc::SYS_unshare, [new_user, 0, 0, 0, 0]) {
            Ok(_) => 0,
            Err(error) => error.raw_os_error().unwrap_or(255),
        }
    })?;
    exit_status(status, "made one")
}

pub(crate) fn clone_user_namespace(_: &TargetInfo) -> Attempt {
    let status = in_a_child(|| {
        let flags = u64::from((libc::CLONE_NEWUSER | libc::SIGCHLD).unsigned_abs());
        match call(libc::SYS_clone, [flags, 0, 0, 0, 0]) {
            // Both the caller and the new process come here.
            Ok(_) => 0,
            Err(error) => error.raw_os_error().unwrap_or(255),
        }
    })?;
    exit_status(status, "made one")
}

fn exit_status(status: i32, gain: &str) -> Attempt {
    match libc::WEXITSTATUS(status) {
        0 => Ok(gain.into()),
        errno => Err(io::Error::from_raw_os_error(errno).to_string()),
    }
}

pub(crate) fn run_from_memory(_: &TargetInfo) -> Attempt {
    let name = c"attack".as_ptr().addr() as u64;
    describe(
        call(libc::SYS_memfd_create, [name, 0, 0, 0, 0]),
        "made a file that is nowhere",
    )
}

#[cfg(target_arch = "x86_64")]
pub(crate) fn call_as_32_bit(_: &TargetInfo) -> Attempt {
    let status = in_a_child(|| {
        const GETPID: i32 = 20;
        let answer: i32;
        // SAFETY: asks for the number of this process as a 32-bit program would. Where the kernel does not
        // support that, it kills this process.
        unsafe {
            std::arch::asm!("int 0x80", inlateout("eax") GETPID => answer, options(nostack));
        }
        i32::from(answer <= 0)
    })?;
    if libc::WIFSIGNALED(status) {
        return if libc::WTERMSIG(status) == libc::SIGSYS {
            Err("killed for it".into())
        } else {
            Err(format!("{NOT_HERE}this kernel runs no 32-bit programs"))
        };
    }
    exit_status(status, "answered")
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn call_as_32_bit(_: &TargetInfo) -> Attempt {
    Err(format!(
        "{NOT_HERE}a program cannot change over on this processor"
    ))
}

/// Makes a call that is newer than the filter: `setxattrat`.
pub(crate) fn call_newer(_: &TargetInfo) -> Attempt {
    let newer = 463;
    match call(newer, [u64::MAX; 5]) {
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => Err(error.to_string()),
        _ => Ok("reached the kernel".into()),
    }
}
