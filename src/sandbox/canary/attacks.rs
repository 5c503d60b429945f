//! The attacks themselves. Run inside the sandbox, by a process that may die of any of them.
//!
//! Each is the real thing, aimed at prey that was set up for it, and harmless if it succeeds.

#![expect(
    unsafe_code,
    reason = "makes system calls that no library wants to make"
)]

use std::{
    fs,
    io::{self, Write as _},
    process::ExitCode,
};

use rustix::process::Resource;

use super::{Fate, LIMITS, Song, Targets, on_kernel, on_network, on_paths, on_processes};
use crate::sandbox::{
    launch::SLACK,
    rlimits::{LOCKED_MEMORY, MOST_SIGNALS, STACK},
};
use ids::words::count;

/// An attack's answer: what it gained, or why it failed.
pub(super) type Attempt = Result<String, String>;

type Attack = (&'static str, fn(&Targets) -> Attempt);

/// All attacks but those on single calls, in the order in which they are tried: the kill comes last.
pub(super) const NAMES: &[Attack] = &[
    ("environment", environment),
    ("descriptors", descriptors),
    ("session", session),
    ("core-file", core_file),
    ("exceed-processor-time", |_| {
        exceed(Resource::Cpu, LIMITS.cpu.as_secs() + 2)
    }),
    ("exceed-file-size", |_| {
        exceed(Resource::Fsize, LIMITS.file_bytes)
    }),
    ("exceed-open-files", |_| {
        exceed(Resource::Nofile, LIMITS.open_files)
    }),
    ("exceed-stack", |_| exceed(Resource::Stack, STACK)),
    ("exceed-locked-memory", |_| {
        exceed(Resource::Memlock, LOCKED_MEMORY)
    }),
    ("exceed-queues", |_| exceed(Resource::Msgqueue, 0)),
    ("exceed-priority", |_| exceed(Resource::Rtprio, 0)),
    ("exceed-signals", |_| {
        exceed(Resource::Sigpending, MOST_SIGNALS)
    }),
    ("exceed-tasks", exceed_tasks),
    ("share-users", |targets| share(targets, "user")),
    ("share-processes", |targets| share(targets, "pid")),
    ("share-mounts", |targets| share(targets, "mnt")),
    ("share-network", |targets| share(targets, "net")),
    ("share-queues", |targets| share(targets, "ipc")),
    ("share-host-name", |targets| share(targets, "uts")),
    ("gain-privileges", gain_privileges),
    ("hold-capabilities", hold_capabilities),
    ("read-hidden-file", on_paths::read_hidden_file),
    ("list-hidden-folder", on_paths::list_hidden_folder),
    ("see-that-a-hidden-file-exists", on_paths::stat_hidden_file),
    ("run-hidden-file", on_paths::run_hidden_file),
    ("write-hidden-file", on_paths::write_hidden_file),
    ("truncate-hidden-file", on_paths::truncate_hidden_file),
    (
        "open-hidden-file-for-neither",
        on_paths::open_hidden_file_for_neither,
    ),
    ("remove-hidden-file", on_paths::remove_hidden_file),
    ("remove-hidden-folder", on_paths::remove_hidden_folder),
    ("write-outside", on_paths::write_outside),
    ("make-folder-outside", on_paths::make_folder_outside),
    ("make-link-outside", on_paths::link_outside),
    ("make-pipe-outside", on_paths::make_pipe_outside),
    ("make-socket-outside", on_paths::make_socket_outside),
    ("make-device-outside", on_paths::make_device_outside),
    ("command-device", on_paths::command_device),
    ("write-temporary-folders", on_paths::write_temporary_folders),
    ("change-mode-of-hidden-file", on_paths::chmod_hidden_file),
    ("set-times-of-hidden-file", on_paths::touch_hidden_file),
    ("set-attribute-of-hidden-file", on_paths::set_attribute),
    ("watch-hidden-folder", on_paths::watch_hidden_folder),
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
    ("signal-by-file", on_processes::signal_by_file),
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
            let answer = match self::call(call.number, call.arguments) {
                Ok(_) => 0,
                Err(error) => error.raw_os_error().unwrap_or(0),
            };
            answer != call.errno
        })
        .map(|call| call.number.to_string())
        .collect();
    if reached.is_empty() {
        (
            Fate::Stopped,
            format!("{} refused", count(calls.len(), "call")),
        )
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

/// Whether more may be used than `most`. The kernel keeps these for each process.
fn exceed(resource: Resource, most: u64) -> Attempt {
    match rustix::process::getrlimit(resource).maximum {
        Some(limit) if limit <= most => Err(format!("{limit} at most")),
        Some(limit) => Ok(format!("{limit}, not {most} at most")),
        None => Ok("as much as there is".into()),
    }
}

fn exceed_tasks(targets: &Targets) -> Attempt {
    if !targets.is_full && rustix::process::getuid().as_raw() == targets.grader {
        return Err(format!("{NOT_HERE}this user has other tasks besides"));
    }
    exceed(Resource::Nproc, LIMITS.tasks + SLACK)
}

/// Whether the grader's namespace of a kind is ours as well.
fn share(targets: &Targets, kind: &str) -> Attempt {
    let own = fs::read_link(format!("/proc/self/ns/{kind}")).map_err(|error| error.to_string())?;
    if targets.namespaces.contains(&own) {
        Ok(format!("has {} with the grader", own.display()))
    } else {
        Err("has one of its own".into())
    }
}
