//! The attacks themselves. Run inside the sandbox, by a process that may die of any of them.
//!
//! Each is the real thing, aimed at prey that was set up for it, and harmless if it succeeds.

#![expect(
    unsafe_code,
    reason = "makes system calls that no library wants to make"
)]

use std::{
    ffi::CString,
    fs, io,
    io::Write as _,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::Path,
    process::ExitCode,
};

use super::{Fate, Song, Targets, on_kernel, on_network, on_processes, prey::SECRET};

/// An attack's answer: what it gained, or why it failed.
pub(super) type Attempt = Result<String, String>;

type Attack = (&'static str, fn(&Targets) -> Attempt);

/// All attacks but those on single calls, in the order in which they are tried: the kill comes last.
pub(super) const NAMES: &[Attack] = &[
    ("environment", environment),
    ("descriptors", descriptors),
    ("session", session),
    ("core-file", core_file),
    ("gain-privileges", gain_privileges),
    ("hold-capabilities", hold_capabilities),
    ("read-hidden-file", read_hidden_file),
    ("list-hidden-folder", list_hidden_folder),
    ("see-that-a-hidden-file-exists", stat_hidden_file),
    ("write-hidden-file", write_hidden_file),
    ("write-outside", write_outside),
    ("write-temporary-folders", write_temporary_folders),
    ("change-mode-of-hidden-file", chmod_hidden_file),
    ("set-times-of-hidden-file", touch_hidden_file),
    ("set-attribute-of-hidden-file", set_attribute),
    ("watch-hidden-folder", watch_hidden_folder),
    ("list-processes", on_processes::list_processes),
    ("read-environment-of-process", on_processes::read_environ),
    ("read-memory-by-proc", on_processes::read_memory_by_proc),
    ("read-memory-by-call", on_processes::read_memory_by_call),
    ("trace-process", on_processes::trace_process),
    ("take-descriptor-of-process", on_processes::take_descriptor),
    ("limit-process", on_processes::limit_process),
    ("renice-process", on_processes::renice_process),
    ("pin-process", on_processes::pin_process),
    ("idle-process", on_processes::idle_process),
    ("connect-tcp", on_network::connect_tcp),
    ("listen-tcp", on_network::listen_tcp),
    ("send-udp", on_network::send_udp),
    ("open-netlink", on_network::open_netlink),
    ("connect-unix", on_network::connect_unix),
    ("send-unix-datagram", on_network::send_unix_datagram),
    ("connect-abstract", on_network::connect_abstract),
    ("share-memory", on_kernel::share_memory),
    ("use-keyring", on_kernel::use_keyring),
    ("use-io-uring", on_kernel::use_io_uring),
    ("make-user-namespace", on_kernel::make_user_namespace),
    ("clone-user-namespace", on_kernel::clone_user_namespace),
    ("run-from-memory", on_kernel::run_from_memory),
    ("call-as-32-bit", on_kernel::call_as_32_bit),
    ("call-newer", on_kernel::call_newer),
    ("signal-process", on_processes::signal_process),
    ("signal-supervisor", on_processes::signal_supervisor),
    ("kill", on_processes::kill),
];

/// Try everything and report each on a line of standard output.
pub(super) fn attack(targets: &Targets) -> ExitCode {
    let mut songs = io::stdout().lock();
    let mut sing = |name: &str, fate: Fate, detail: String| {
        let song = Song {
            name: name.into(),
            fate,
            detail,
        };
        serde_json::to_string(&song).is_ok_and(|song| writeln!(songs, "{song}").is_ok())
    };
    let mut heard = true;
    for (name, attack) in NAMES {
        let (fate, detail) = match attack(targets) {
            Ok(gain) => (Fate::GotThrough, gain),
            Err(why) => match why.strip_prefix(NOT_HERE) {
                Some(why) => (Fate::NotApplicable, why.to_owned()),
                None => (Fate::Stopped, why),
            },
        };
        heard &= sing(name, fate, detail);
    }
    // Last, since where nothing refuses them some leave a descriptor open.
    for (rule, group) in by_rule(targets) {
        let (fate, detail) = try_calls(&group);
        heard &= sing(&format!("call-{rule}"), fate, detail);
    }
    if heard {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// At the start of a reason: that it could not be tried.
pub(super) const NOT_HERE: &str = "not here: ";

fn by_rule(targets: &Targets) -> std::collections::BTreeMap<&str, Vec<&super::Call>> {
    let mut rules = std::collections::BTreeMap::<&str, Vec<_>>::new();
    for call in &targets.calls {
        rules.entry(&call.rule).or_default().push(call);
    }
    rules
}

/// Make calls that a rule refuses, each with arguments to which the kernel itself answers otherwise.
fn try_calls(calls: &[&super::Call]) -> (Fate, String) {
    let reached: Vec<String> = calls
        .iter()
        .filter(|call| {
            // The arguments were chosen to be refused by the kernel or to do nothing: pointers to
            // nowhere, descriptors and processes that do not exist.
            match self::call(call.number, call.arguments) {
                Ok(_) => true,
                Err(error) => error.raw_os_error() != Some(call.errno),
            }
        })
        .map(|call| call.number.to_string())
        .collect();
    if reached.is_empty() {
        (Fate::Stopped, format!("{} calls refused", calls.len()))
    } else {
        (
            Fate::GotThrough,
            format!("calls that reach the kernel: {}", reached.join(", ")),
        )
    }
}

/// Make a system call. What is left out is zero.
pub(super) fn call<const N: usize>(number: libc::c_long, arguments: [u64; N]) -> io::Result<i64> {
    let argument = |i: usize| arguments.get(i).copied().unwrap_or(0);
    // SAFETY: callers pass numbers, and pointers to what lives through the call and is large enough.
    let answer = unsafe {
        libc::syscall(
            number,
            argument(0),
            argument(1),
            argument(2),
            argument(3),
            argument(4),
            argument(5),
        )
    };
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer)
    }
}

pub(super) fn address<T>(of: &T) -> u64 {
    std::ptr::from_ref(of).addr() as u64
}

pub(super) fn words<T>(result: io::Result<T>, gain: &str) -> Attempt {
    result
        .map(|_| gain.to_owned())
        .map_err(|error| error.to_string())
}

fn c_path(path: &Path) -> Result<CString, String> {
    CString::new(path.as_os_str().as_bytes()).map_err(|error| error.to_string())
}

fn environment(_: &Targets) -> Attempt {
    match std::env::vars_os().next() {
        Some((name, _)) => Ok(format!("found `{}`", name.display())),
        None => Err("it is empty".into()),
    }
}

fn descriptors(_: &Targets) -> Attempt {
    let open = |fd: &i32| {
        // SAFETY: asks for a flag of a descriptor, whether there is one or not.
        (unsafe { libc::fcntl(*fd, libc::F_GETFD) }) >= 0
    };
    match (3..256).find(open) {
        Some(fd) => Ok(format!("number {fd} is open")),
        None => Err("none but the first three is open".into()),
    }
}

fn session(_: &Targets) -> Attempt {
    let own = rustix::process::getpid();
    match rustix::process::getsid(None) {
        Ok(leader) if leader == own => Err("leads a session of its own".into()),
        _ => Ok("is in the session of who started it".into()),
    }
}

fn core_file(_: &Targets) -> Attempt {
    match rustix::process::getrlimit(rustix::process::Resource::Core).maximum {
        Some(0) => Err("none is written".into()),
        _ => Ok("would be written".into()),
    }
}

fn gain_privileges(_: &Targets) -> Attempt {
    match rustix::thread::no_new_privs() {
        Ok(true) => Err("programs that run as somebody else do not".into()),
        _ => Ok("could start a program that runs as somebody else".into()),
    }
}

fn hold_capabilities(_: &Targets) -> Attempt {
    match rustix::thread::capabilities(None) {
        Ok(sets) if sets.permitted.is_empty() => Err("holds none".into()),
        Ok(sets) => Ok(format!("holds {:#x}", sets.permitted.bits())),
        Err(error) => Err(error.to_string()),
    }
}

fn read_hidden_file(targets: &Targets) -> Attempt {
    match fs::read_to_string(&targets.hidden_file) {
        Ok(text) if text == SECRET => Ok("read it".into()),
        Ok(_) => Err("read something else".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn list_hidden_folder(targets: &Targets) -> Attempt {
    words(fs::read_dir(&targets.hidden_folder), "listed it")
}

fn stat_hidden_file(targets: &Targets) -> Attempt {
    words(
        fs::metadata(&targets.hidden_file),
        "knows that it exists, how large and how old it is",
    )
}

fn write_hidden_file(targets: &Targets) -> Attempt {
    words(fs::write(&targets.hidden_file, "changed"), "changed it")
}

fn write_outside(targets: &Targets) -> Attempt {
    words(
        fs::write(targets.open_folder.join("new"), "x"),
        "made a file",
    )
}

fn write_temporary_folders(_: &Targets) -> Attempt {
    let name = format!("grade-canary-{}", std::process::id());
    let mut answers = Vec::new();
    for folder in ["/tmp", "/dev/shm", "/var/tmp"] {
        let path = Path::new(folder).join(&name);
        match fs::write(&path, "x") {
            Ok(()) => {
                let _ = fs::remove_file(&path);
                return Ok(format!("made a file in `{folder}`"));
            }
            Err(error) => answers.push(error.to_string()),
        }
    }
    Err(answers.join("; "))
}

fn chmod_hidden_file(targets: &Targets) -> Attempt {
    let mode = fs::Permissions::from_mode(0o600);
    words(
        fs::set_permissions(&targets.hidden_file, mode),
        "changed it",
    )
}

fn touch_hidden_file(targets: &Targets) -> Attempt {
    let path = c_path(&targets.hidden_file)?;
    let times = [libc::timespec {
        tv_sec: 1,
        tv_nsec: 0,
    }; 2];
    let here = i64::from(libc::AT_FDCWD).cast_unsigned();
    let arguments = [here, path.as_ptr().addr() as u64, address(&times), 0, 0];
    words(call(libc::SYS_utimensat, arguments), "set them")
}

fn set_attribute(targets: &Targets) -> Attempt {
    let path = c_path(&targets.hidden_file)?;
    let arguments = [
        path.as_ptr().addr() as u64,
        c"user.canary".as_ptr().addr() as u64,
        c"x".as_ptr().addr() as u64,
        1,
        0,
    ];
    match call(libc::SYS_setxattr, arguments) {
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {
            Err(format!("{NOT_HERE}this file system has no attributes"))
        }
        other => words(other, "set one"),
    }
}

fn watch_hidden_folder(targets: &Targets) -> Attempt {
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
    words(call(libc::SYS_inotify_add_watch, arguments), "watches it")
}
