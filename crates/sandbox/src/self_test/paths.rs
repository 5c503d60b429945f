//! Attacks on files and folders that the job was not given: to read, run, change or remove them, and to make
//! new ones.
//!
//! There is one attack for each right that Landlock withholds, so that one gets through if any right is
//! granted.

use std::{
    ffi::CString,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::Path,
};

use rustix::fs::{CWD, FileType, Mode, StatVfsMountFlags};

use super::{
    attempt::{Attempt, NOT_HERE, TargetInfo, address, call, describe},
    targets::SECRET,
};

fn c_path(path: &Path) -> Result<CString, String> {
    CString::new(path.as_os_str().as_bytes()).map_err(|error| error.to_string())
}

pub(crate) fn read_hidden_file(targets: &TargetInfo) -> Attempt {
    match fs::read_to_string(&targets.hidden_file) {
        Ok(text) if text == SECRET => Ok("read it".into()),
        Ok(_) => Err("read something else".into()),
        Err(error) => Err(error.to_string()),
    }
}

pub(crate) fn list_hidden_folder(targets: &TargetInfo) -> Attempt {
    describe(fs::read_dir(&targets.hidden_folder), "listed it")
}

pub(crate) fn stat_hidden_file(targets: &TargetInfo) -> Attempt {
    describe(
        fs::metadata(&targets.hidden_file),
        "knows that it exists, how large and how old it is",
    )
}

/// The file is no program. A job that may not run it gets another error than one that may.
pub(crate) fn run_hidden_file(targets: &TargetInfo) -> Attempt {
    let no_exec = rustix::fs::statvfs(&targets.hidden_file)
        .is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::NOEXEC));
    if no_exec {
        return Err(format!("{NOT_HERE}nothing may be run in this file system"));
    }
    let path = c_path(&targets.hidden_file)?;
    let nothing = [0_u64];
    let arguments = [
        path.as_ptr().addr() as u64,
        address(&nothing),
        address(&nothing),
    ];
    match call(libc::SYS_execve, arguments) {
        Err(error) if error.raw_os_error() != Some(libc::ENOEXEC) => Err(error.to_string()),
        _ => Ok("may run it".into()),
    }
}

pub(crate) fn write_hidden_file(targets: &TargetInfo) -> Attempt {
    describe(fs::write(&targets.hidden_file, "changed"), "changed it")
}

/// Truncates the file to the length that it has already.
pub(crate) fn truncate_hidden_file(targets: &TargetInfo) -> Attempt {
    let path = c_path(&targets.hidden_file)?;
    let arguments = [path.as_ptr().addr() as u64, SECRET.len() as u64];
    describe(call(libc::SYS_truncate, arguments), "may cut it short")
}

/// Opens the file neither to read nor to write, which Landlock does not check, and sets its times to now.
pub(crate) fn open_hidden_file_for_neither(targets: &TargetInfo) -> Attempt {
    let path = c_path(&targets.hidden_file)?;
    let here = i64::from(libc::AT_FDCWD).cast_unsigned();
    let mode = u64::from(libc::O_ACCMODE.unsigned_abs());
    let arguments = [here, path.as_ptr().addr() as u64, mode];
    let file = call(libc::SYS_openat, arguments).map_err(|error| error.to_string())?;
    let now = call(libc::SYS_utimensat, [file.unsigned_abs(), 0, 0, 0]);
    let _ = call(libc::SYS_close, [file.unsigned_abs()]);
    describe(now, "set its times")
}

pub(crate) fn remove_hidden_file(targets: &TargetInfo) -> Attempt {
    describe(
        fs::remove_file(targets.open_folder.join("spare")),
        "removed it",
    )
}

pub(crate) fn remove_hidden_folder(targets: &TargetInfo) -> Attempt {
    describe(
        fs::remove_dir(targets.open_folder.join("empty")),
        "removed it",
    )
}

pub(crate) fn write_outside(targets: &TargetInfo) -> Attempt {
    describe(
        fs::write(targets.open_folder.join("new"), "x"),
        "made a file",
    )
}

pub(crate) fn make_folder_outside(targets: &TargetInfo) -> Attempt {
    describe(fs::create_dir(targets.open_folder.join("made")), "made one")
}

pub(crate) fn link_outside(targets: &TargetInfo) -> Attempt {
    describe(
        std::os::unix::fs::symlink("file", targets.open_folder.join("link")),
        "made one",
    )
}

/// Make a special file. A character device with the number 0 needs no rights.
fn make_node(targets: &TargetInfo, kind: FileType, name: &str) -> Attempt {
    let path = targets.open_folder.join(name);
    let made = rustix::fs::mknodat(CWD, path, kind, Mode::from(0o600), 0);
    describe(made.map_err(Into::into), "made one")
}

pub(crate) fn make_pipe_outside(targets: &TargetInfo) -> Attempt {
    make_node(targets, FileType::Fifo, "pipe")
}

pub(crate) fn make_socket_outside(targets: &TargetInfo) -> Attempt {
    make_node(targets, FileType::Socket, "socket")
}

pub(crate) fn make_device_outside(targets: &TargetInfo) -> Attempt {
    make_node(targets, FileType::CharacterDevice, "device")
}

/// The device is no terminal. A job that may not send it commands gets another error than one that may.
pub(crate) fn command_device(_: &TargetInfo) -> Attempt {
    use std::os::fd::AsRawFd as _;
    const TCGETS: u64 = 0x5401;
    let null = fs::File::open("/dev/null").map_err(|error| error.to_string())?;
    let mut answer = [0_u64; 16];
    let arguments = [
        u64::from(null.as_raw_fd().unsigned_abs()),
        TCGETS,
        answer.as_mut_ptr().addr() as u64,
    ];
    match call(libc::SYS_ioctl, arguments) {
        Err(error) if error.raw_os_error() != Some(libc::ENOTTY) => Err(error.to_string()),
        _ => Ok("it answered".into()),
    }
}

pub(crate) fn write_temporary_folders(targets: &TargetInfo) -> Attempt {
    let mut answers = Vec::new();
    for path in &targets.temporary_files {
        match fs::write(path, "x") {
            Ok(()) => return Ok(format!("made `{}`", path.display())),
            Err(error) => answers.push(error.to_string()),
        }
    }
    Err(answers.join("; "))
}

pub(crate) fn chmod_hidden_file(targets: &TargetInfo) -> Attempt {
    let mode = fs::Permissions::from_mode(0o600);
    describe(
        fs::set_permissions(&targets.hidden_file, mode),
        "changed it",
    )
}

pub(crate) fn touch_hidden_file(targets: &TargetInfo) -> Attempt {
    let path = c_path(&targets.hidden_file)?;
    let times = [libc::timespec {
        tv_sec: 1,
        tv_nsec: 0,
    }; 2];
    let here = i64::from(libc::AT_FDCWD).cast_unsigned();
    let arguments = [here, path.as_ptr().addr() as u64, address(&times), 0, 0];
    describe(call(libc::SYS_utimensat, arguments), "set them")
}

pub(crate) fn set_attribute(targets: &TargetInfo) -> Attempt {
    let path = c_path(&targets.hidden_file)?;
    let arguments = [
        path.as_ptr().addr() as u64,
        c"user.attack".as_ptr().addr() as u64,
        c"x".as_ptr().addr() as u64,
        1,
        0,
    ];
    match call(libc::SYS_setxattr, arguments) {
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {
            Err(format!("{NOT_HERE}this file system has no attributes"))
        }
        other => describe(other, "set one"),
    }
}

pub(crate) fn watch_hidden_folder(targets: &TargetInfo) -> Attempt {
    let path = c_path(&targets.hidden_folder)?;
    let watcher = call(libc::SYS_inotify_init1, [0; 5]).map_err(|error| error.to_string())?;
    let all = 0xfff;
    let arguments = [
        watcher.unsigned_abs(),
        path.as_ptr().addr() as u64,
        all,
        0,
        0,
    ];
    describe(call(libc::SYS_inotify_add_watch, arguments), "watches it")
}
