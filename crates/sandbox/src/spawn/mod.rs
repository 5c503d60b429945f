//! Starts a job's first process, isolated.
//!
//! # Theory of operation
//!
//! The supervisor makes a copy of itself. The copy gives up its rights one by one, and at last becomes the
//! job's program. If a step fails, the copy says so over a [`Channel`] and exits. So a layer that does not hold
//! is an error, and no job runs without it. The channel closes when the program starts.
//!
//! In the full tier there is one more process between the two: the first process of a new process namespace. It
//! builds the root file system, starts the job, reaps orphans, and reports the job's end. When it dies, the
//! kernel kills every process that is left in the namespace.
//!
//! The order of the steps matters, and [`child`] gives the reason beside each. The supervisor stays outside of
//! the namespaces and owns the job's user namespace, so it can read what `/proc` says about any thread of the
//! job.

pub(crate) mod channel;
mod child;
pub(crate) mod landlock;
mod launch;
pub(crate) mod rlimits;
pub(crate) mod rootfs;
pub(crate) mod seccomp;

use std::{
    fs,
    io::{self, Seek as _, Write as _},
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use rustix::{
    fs::{MemfdFlags, SealFlags},
    process::{Pid, PidfdFlags, Signal},
};

pub(crate) use self::launch::{Launch, SLACK};
use self::{
    channel::{Channel, Message},
    child::Child,
};
use crate::{
    error::{Step, StepError, StepResult},
    host::cgroup::Group,
    rule::Namespace,
    sys,
    tier::Tier,
};

/// The kernel's flag for a namespace of the full tier.
const fn clone_flag(namespace: Namespace) -> i32 {
    match namespace {
        Namespace::User => libc::CLONE_NEWUSER,
        Namespace::Process => libc::CLONE_NEWPID,
        Namespace::Mount => libc::CLONE_NEWNS,
        Namespace::Network => libc::CLONE_NEWNET,
        Namespace::Ipc => libc::CLONE_NEWIPC,
        Namespace::HostName => libc::CLONE_NEWUTS,
    }
}

/// A job that has started.
pub(crate) struct Started {
    /// Our child: the job's first process, or the first of its namespace.
    pub(crate) child: Pid,
    pub(crate) pidfd: OwnedFd,
    /// Where the first process of the namespace reports the job's end, if there is one.
    pub(crate) control: Option<Channel>,
    /// Where the supervisor reads the job's standard output and standard error.
    pub(crate) streams: [OwnedFd; 2],
    /// The root of the job's file system in memory, whose size is its disk limit.
    pub(crate) tmpfs: Option<OwnedFd>,
    /// Where notifications for the monitor arrive.
    pub(crate) listener: Option<OwnedFd>,
    /// The error by which the system refused to start the program, if it did: then nothing ran.
    pub(crate) refusal: Option<i32>,
    /// When it started.
    pub(crate) at: Instant,
}

/// A file in memory with the job's standard input, which nobody can change any more. Unlike a pipe, it holds all of the
/// input without a reader.
fn input(bytes: &[u8]) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = rustix::fs::memfd_create("input", flags)?;
    let mut file = std::fs::File::from(file);
    file.write_all(bytes)?;
    file.rewind()?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&file, seals)?;
    Ok(file.into())
}

/// Start the job. If this fails, nothing of it is running.
pub(crate) fn start(launch: &Launch<'_>) -> StepResult<Started> {
    let full = launch.mode.tier == Tier::Full;
    let channel = || Channel::pair().map_err(StepError::failed(Step::Prepare));
    let (handshake_channel, childs_handshake) = channel()?;
    let (control, their_control) = channel()?;
    let pipe = || output_pipe().map_err(StepError::failed(Step::Prepare));
    let ((out, their_out), (err, their_err)) = (pipe()?, pipe()?);
    let read_write = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC;
    let null = rustix::fs::open("/dev/null", read_write, rustix::fs::Mode::empty())
        .map_err(StepError::failed(Step::Prepare))?;
    let new = Child {
        launch,
        handshake: childs_handshake,
        streams: [null, their_out, their_err],
        input: (!launch.job.input.is_empty())
            .then(|| input(launch.job.input.as_bytes()))
            .transpose()
            .map_err(StepError::failed(Step::Prepare))?,
    };
    let clone_target = launch
        .group
        .map_or(Ok(None), Group::clone_target)
        .map_err(StepError::failed(Step::Prepare))?;
    let tasks_files = launch
        .group
        .map_or_else(|| Ok(Vec::new()), Group::tasks_files)
        .map_err(StepError::failed(Step::Prepare))?;

    let namespaces = Namespace::ALL
        .iter()
        .filter(|&&namespace| full && launch.mode.keeps(namespace))
        .fold(0, |all, &namespace| all | clone_flag(namespace));
    let child = match sys::copy_process(namespaces, clone_target.as_ref()) {
        Ok(Some(child)) => child,
        Ok(None) => {
            drop((handshake_channel, control));
            new.run(tasks_files, their_control)
        }
        Err(error) => {
            return Err(if full {
                StepError::unsupported(Step::MakeNamespaces)(error)
            } else {
                StepError::failed(Step::MakeProcess)(error)
            });
        }
    };
    drop((new, their_control, tasks_files));
    let handshake_done = rustix::process::pidfd_open(child, PidfdFlags::empty())
        .map_err(StepError::failed(Step::Handshake))
        .and_then(|pidfd| Ok((pidfd, handshake(launch, &handshake_channel, child)?)));
    match handshake_done {
        Ok((
            pidfd,
            Handshake {
                tmpfs,
                listener,
                refusal,
                at,
            },
        )) => Ok(Started {
            child,
            pidfd,
            control: full.then_some(control),
            streams: [out, err],
            tmpfs,
            listener,
            refusal,
            at,
        }),
        Err(error) => {
            let _ = rustix::process::kill_process(child, Signal::KILL);
            while sys::wait_any(true).is_ok() {}
            Err(error)
        }
    }
}

/// A pipe for output of the job: its reading end, which does not block, and its writing end.
fn output_pipe() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let (reading, writing) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let flags = rustix::fs::fcntl_getfl(&reading)?;
    rustix::fs::fcntl_setfl(&reading, flags | rustix::fs::OFlags::NONBLOCK)?;
    Ok((reading, writing))
}

/// What the new process reported.
struct Handshake {
    tmpfs: Option<OwnedFd>,
    listener: Option<OwnedFd>,
    refusal: Option<i32>,
    at: Instant,
}

/// Answer the messages of the new process until it has become the job's program.
fn handshake(launch: &Launch<'_>, channel: &Channel, child: Pid) -> StepResult<Handshake> {
    let failed = StepError::failed::<io::Error>(Step::Handshake);
    let (mut tmpfs, mut listener, mut starting, mut refusal) = (None, None, None, None);
    while let Some((message, fd)) = channel.recv().map_err(&failed)? {
        match message {
            Message::Waiting => {
                if launch.mode.tier == Tier::Full {
                    write_id_maps(child, launch.user)
                        .map_err(StepError::unsupported(Step::WriteIdMaps))?;
                }
                channel.send(&Message::Go).map_err(&failed)?;
            }
            Message::Tmpfs => tmpfs = fd,
            Message::Listener => listener = fd,
            Message::Starting(at) => starting = Some(at),
            Message::NotStarted(error) => refusal = Some(error),
            Message::Failed(sent) => return Err(sent.into()),
            Message::Go | Message::Ended { .. } => {
                let error =
                    io::Error::other("the new process sent a message that it must not send");
                return Err(failed(error));
            }
        }
    }
    if listener.is_none() && launch.monitor_filter.is_some() {
        let error = io::Error::other("no listener came from the new process");
        return Err(failed(error));
    }
    let now = Instant::now();
    let ago = starting.map_or(0, |at| sys::monotonic_ns().saturating_sub(at));
    Ok(Handshake {
        tmpfs,
        listener,
        refusal,
        at: now.checked_sub(Duration::from_nanos(ago)).unwrap_or(now),
    })
}

/// Write the maps of the child's user namespace: they name our own user, and the job's user if it has one.
fn write_id_maps(child: Pid, user: Option<u32>) -> io::Result<()> {
    let child = child.as_raw_nonzero();
    let write = |file: &str, text: String| fs::write(format!("/proc/{child}/{file}"), text);
    let own_user = rustix::process::geteuid().as_raw();
    let own_group = rustix::process::getegid().as_raw();
    if let Some(user) = user {
        let line = |own: u32| format!("{own} {own} 1\n{user} {user} 1\n");
        write("uid_map", line(own_user))?;
        write("gid_map", line(own_group))
    } else {
        // A process without rights outside may map only its own user, and only after it gave up changing
        // groups.
        write("setgroups", "deny".into())?;
        write("uid_map", format!("{own_user} {own_user} 1\n"))?;
        write("gid_map", format!("{own_group} {own_group} 1\n"))
    }
}
