//! The table of attacks, and the process that makes them inside the sandbox. The system may kill it for any of
//! them.
//!
//! Each attack is a real one, on a target that was set up for it, and does no harm if it gets through.

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

use super::{
    attempt::{AttackReport, Attempt, Call, LIMITS, NOT_HERE, Outcome, TargetInfo, call},
    kernel, network, paths, processes,
};
use crate::spawn::{
    SLACK,
    rlimits::{LOCKED_MEMORY, MOST_SIGNALS, STACK},
};

type Attack = (&'static str, fn(&TargetInfo) -> Attempt);

/// All attacks but those with single system calls, in the order in which they are tried. The kill comes last,
/// because the other attacks need the victim.
pub(crate) const NAMES: &[Attack] = &[
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
    ("read-hidden-file", paths::read_hidden_file),
    ("list-hidden-folder", paths::list_hidden_folder),
    ("see-that-a-hidden-file-exists", paths::stat_hidden_file),
    ("run-hidden-file", paths::run_hidden_file),
    ("write-hidden-file", paths::write_hidden_file),
    ("truncate-hidden-file", paths::truncate_hidden_file),
    (
        "open-hidden-file-for-neither",
        paths::open_hidden_file_for_neither,
    ),
    ("remove-hidden-file", paths::remove_hidden_file),
    ("remove-hidden-folder", paths::remove_hidden_folder),
    ("write-outside", paths::write_outside),
    ("make-folder-outside", paths::make_folder_outside),
    ("make-link-outside", paths::link_outside),
    ("make-pipe-outside", paths::make_pipe_outside),
    ("make-socket-outside", paths::make_socket_outside),
    ("make-device-outside", paths::make_device_outside),
    ("command-device", paths::command_device),
    ("write-temporary-folders", paths::write_temporary_folders),
    ("change-mode-of-hidden-file", paths::chmod_hidden_file),
    ("set-times-of-hidden-file", paths::touch_hidden_file),
    ("set-attribute-of-hidden-file", paths::set_attribute),
    ("watch-hidden-folder", paths::watch_hidden_folder),
    ("list-processes", processes::list_processes),
    ("read-environment-of-process", processes::read_environ),
    ("read-memory-by-proc", processes::read_memory_by_proc),
    ("read-memory-by-call", processes::read_memory_by_call),
    ("trace-process", processes::trace_process),
    ("take-descriptor-of-process", processes::take_descriptor),
    ("limit-process", processes::limit_process),
    ("renice-process", processes::renice_process),
    ("pin-process", processes::pin_process),
    ("idle-process", processes::idle_process),
    ("connect-tcp", network::connect_tcp),
    ("connect-tcp-while-sending", network::send_fast),
    ("connect-tcp-of-ipv6", network::connect_ipv6),
    ("connect-tcp-anew", network::connect_anew),
    ("connect-tcp-by-many-paths", network::connect_multipath),
    ("listen-tcp", network::listen_tcp),
    ("send-udp", network::send_udp),
    ("open-netlink", network::open_netlink),
    ("connect-unix", network::connect_unix),
    ("send-unix-datagram", network::send_unix_datagram),
    ("connect-abstract", network::connect_abstract),
    ("share-memory", kernel::share_memory),
    ("use-keyring", kernel::use_keyring),
    ("use-io-uring", kernel::use_io_uring),
    ("make-user-namespace", kernel::make_user_namespace),
    ("clone-user-namespace", kernel::clone_user_namespace),
    ("run-from-memory", kernel::run_from_memory),
    ("call-as-32-bit", kernel::call_as_32_bit),
    ("call-newer", kernel::call_newer),
    ("signal-process", processes::signal_process),
    ("signal-supervisor", processes::signal_supervisor),
    ("signal-by-file", processes::signal_by_file),
    ("kill", processes::kill),
];

/// Make every attack, and report each on a line of standard output.
pub(crate) fn attack(targets: &TargetInfo) -> ExitCode {
    let mut stdout = io::stdout().lock();
    let mut report = |name: &str, outcome: Outcome, detail: String| {
        let report = AttackReport {
            name: name.into(),
            outcome,
            detail,
        };
        serde_json::to_string(&report).is_ok_and(|line| writeln!(stdout, "{line}").is_ok())
    };
    let mut all_reported = true;
    for (name, attack) in NAMES {
        let (outcome, detail) = match attack(targets) {
            Ok(gain) => (Outcome::GotThrough, gain),
            Err(why) => match why.strip_prefix(NOT_HERE) {
                Some(why) => (Outcome::NotApplicable, why.to_owned()),
                None => (Outcome::Stopped, why),
            },
        };
        all_reported &= report(name, outcome, detail);
    }
    // These come last, because some of them leave a descriptor open where nothing refuses them.
    for (rule, group) in by_rule(targets) {
        let (outcome, detail) = try_calls(&group);
        all_reported &= report(&format!("call-{rule}"), outcome, detail);
    }
    if all_reported {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn by_rule(targets: &TargetInfo) -> std::collections::BTreeMap<&str, Vec<&Call>> {
    let mut rules = std::collections::BTreeMap::<&str, Vec<_>>::new();
    for call in &targets.calls {
        rules.entry(&call.rule).or_default().push(call);
    }
    rules
}

/// Make calls that a rule refuses, each with arguments to which the kernel itself answers otherwise.
fn try_calls(calls: &[&Call]) -> (Outcome, String) {
    let reached: Vec<String> = calls
        .iter()
        .filter(|each| {
            // With these arguments the kernel itself refuses the call or does nothing: they are invalid
            // pointers, and descriptors and processes that do not exist.
            let answer = match call(each.number, each.arguments) {
                Ok(_) => 0,
                Err(error) => error.raw_os_error().unwrap_or(0),
            };
            answer != each.errno
        })
        .map(|each| each.number.to_string())
        .collect();
    if reached.is_empty() {
        (Outcome::Stopped, format!("calls refused: {}", calls.len()))
    } else {
        (
            Outcome::GotThrough,
            format!("calls that reach the kernel: {}", reached.join(", ")),
        )
    }
}

fn environment(_: &TargetInfo) -> Attempt {
    match std::env::vars_os().next() {
        Some((name, _)) => Ok(format!("found `{}`", name.display())),
        None => Err("it is empty".into()),
    }
}

fn descriptors(_: &TargetInfo) -> Attempt {
    let open = |fd: &i32| {
        // SAFETY: asks for a flag of a descriptor, whether there is one or not.
        (unsafe { libc::fcntl(*fd, libc::F_GETFD) }) >= 0
    };
    match (3..256).find(open) {
        Some(fd) => Ok(format!("number {fd} is open")),
        None => Err("none but the first three is open".into()),
    }
}

fn session(_: &TargetInfo) -> Attempt {
    let own = rustix::process::getpid();
    match rustix::process::getsid(None) {
        Ok(leader) if leader == own => Err("leads a session of its own".into()),
        _ => Ok("is in the session of who started it".into()),
    }
}

fn core_file(_: &TargetInfo) -> Attempt {
    match rustix::process::getrlimit(rustix::process::Resource::Core).maximum {
        Some(0) => Err("none is written".into()),
        _ => Ok("would be written".into()),
    }
}

fn gain_privileges(_: &TargetInfo) -> Attempt {
    match rustix::thread::no_new_privs() {
        Ok(true) => Err("programs that run as another user do not".into()),
        _ => Ok("could start a program that runs as another user".into()),
    }
}

fn hold_capabilities(_: &TargetInfo) -> Attempt {
    match rustix::thread::capabilities(None) {
        Ok(sets) if sets.permitted.is_empty() => Err("holds none".into()),
        Ok(sets) => Ok(format!("holds {:#x}", sets.permitted.bits())),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether the process may use more of a resource than `most`.
fn exceed(resource: Resource, most: u64) -> Attempt {
    match rustix::process::getrlimit(resource).maximum {
        Some(limit) if limit <= most => Err(format!("{limit} at most")),
        Some(limit) => Ok(format!("{limit}, not {most} at most")),
        None => Ok("as much as there is".into()),
    }
}

fn exceed_tasks(targets: &TargetInfo) -> Attempt {
    if !targets.is_full && rustix::process::getuid().as_raw() == targets.client {
        return Err(format!("{NOT_HERE}this user has other tasks"));
    }
    exceed(Resource::Nproc, LIMITS.tasks + SLACK)
}

/// Whether this process is in the client's namespace of a kind.
fn share(targets: &TargetInfo, kind: &str) -> Attempt {
    let own = fs::read_link(format!("/proc/self/ns/{kind}")).map_err(|error| error.to_string())?;
    if targets.namespaces.contains(&own) {
        Ok(format!("has {} with the client", own.display()))
    } else {
        Err("has one of its own".into())
    }
}
