//! What the kernel knows about the program's threads: the questions as a trait, and the answers from `/proc` and
//! from system calls.
//!
//! If a thread has exited, the answer is `None`. Every other failure is an error, as a thread that cannot be sampled
//! must not be taken for one that has exited. A sampler never decides what a sample means.

use std::{
    fmt::Debug,
    fs::{self, File},
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::FileExt,
    },
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use super::{
    processes,
    sleep::{self, WakeUp},
};
use crate::sys;

/// What a thread does at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunState {
    /// The thread runs, or waits for a processor, or was stopped by a tracer, which lets it run at will.
    Running,
    /// The thread sleeps until another thread, a timer or a device wakes it.
    Asleep,
    /// The kernel works for the thread, or the thread waits for a child that it made as by `vfork`.
    Uninterruptible,
    /// The thread has exited, and is still listed.
    Dead,
}

/// How much a thread has run until one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CpuUsage {
    /// Processor time until the kernel's last tick.
    pub(crate) cpu_time: Duration,
    /// How often the thread was given a processor.
    pub(crate) slices: u64,
}

/// The questions about a program that only the kernel can answer. Each answer is true at some instant during the
/// call, and anything may happen between two calls.
pub(crate) trait Sampler {
    /// Access to one thread, which no later thread with the same number can take over.
    type Handle: Debug;

    /// Real time from the start.
    fn now(&self) -> Duration;

    /// Whether a call of the program waits for a response. False if that is not known.
    fn call_is_pending(&self) -> io::Result<bool>;

    /// The program's processes, at any depth below this process.
    fn processes(&self) -> io::Result<Vec<i32>>;

    /// Name the threads of a process, also those that are dead and still listed. False if there is no such
    /// process.
    fn for_each_thread(&self, process: i32, name: impl FnMut(i32)) -> bool;

    /// Whether a number is that of a thread of a process.
    fn is_thread_of(&self, process: i32, tid: i32) -> bool;

    /// The process of a thread.
    fn process_of(&self, tid: i32) -> io::Result<Option<i32>>;

    /// Whether a thread is dead, or not listed any more.
    fn is_dead(&self, process: i32, tid: i32) -> bool;

    /// Gain access to a thread.
    fn open(&self, process: i32, tid: i32) -> io::Result<Option<Self::Handle>>;

    /// What a thread does.
    fn state(&self, handle: &Self::Handle) -> io::Result<Option<RunState>>;

    /// How much a thread has run.
    fn usage(&self, handle: &Self::Handle) -> io::Result<Option<CpuUsage>>;

    /// Whether an uninterruptible thread waits for a child that it made as by `vfork`.
    fn waits_for_child(&self, process: i32, tid: i32) -> bool;

    /// When a thread that sleeps will wake by itself.
    fn wake_up(&self, process: i32, tid: i32) -> WakeUp;

    /// The processor time that all threads of a process have used until now, exactly.
    fn cpu_time_of_process(&self, process: i32) -> Option<Duration>;
}

/// The answers of this machine's kernel.
#[derive(Debug)]
pub(crate) struct ProcSampler {
    start: Instant,
    /// The descriptor at which the program's calls arrive.
    listener: OwnedFd,
}

/// The files `stat` and `schedstat` of a thread.
#[derive(Debug)]
pub(crate) struct ThreadFiles {
    stat: File,
    schedstat: File,
}

impl ProcSampler {
    /// Real time counts from `start`; calls of the program arrive at `listener`.
    pub(crate) fn new(start: Instant, listener: OwnedFd) -> Self {
        Self { start, listener }
    }
}

impl Sampler for ProcSampler {
    type Handle = ThreadFiles;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn call_is_pending(&self) -> io::Result<bool> {
        let listener = self.listener.as_fd();
        let mut fds = [PollFd::from_borrowed_fd(listener, PollFlags::IN)];
        match poll(&mut fds, Some(&Timespec::default())) {
            Ok(_) => Ok(fds[0].revents().contains(PollFlags::IN)),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn processes(&self) -> io::Result<Vec<i32>> {
        // This process adopts those whose parent has exited, so they are its descendants as well.
        processes::descendants(rustix::process::getpid().as_raw_nonzero().get())
    }

    fn for_each_thread(&self, process: i32, mut name: impl FnMut(i32)) -> bool {
        let Ok(entries) = fs::read_dir(format!("/proc/{process}/task")) else {
            return false;
        };
        // A thread may exit while the list is read: its entry is left out.
        for entry in entries.flatten() {
            if let Some(tid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) {
                name(tid);
            }
        }
        true
    }

    fn is_thread_of(&self, process: i32, tid: i32) -> bool {
        sys::is_thread_of(process, tid)
    }

    fn process_of(&self, tid: i32) -> io::Result<Option<i32>> {
        unless_gone(thread_group(tid))
    }

    fn is_dead(&self, process: i32, tid: i32) -> bool {
        open_files(process, tid)
            .and_then(|files| read_state(&files.stat))
            .map_or(true, |state| state == RunState::Dead)
    }

    fn open(&self, process: i32, tid: i32) -> io::Result<Option<ThreadFiles>> {
        unless_gone(open_files(process, tid))
    }

    fn state(&self, handle: &ThreadFiles) -> io::Result<Option<RunState>> {
        unless_gone(read_state(&handle.stat))
    }

    fn usage(&self, handle: &ThreadFiles) -> io::Result<Option<CpuUsage>> {
        unless_gone(read_usage(&handle.schedstat))
    }

    fn waits_for_child(&self, process: i32, tid: i32) -> bool {
        sleep::waits_for_child(process, tid)
    }

    fn wake_up(&self, process: i32, tid: i32) -> WakeUp {
        sleep::wake_up(process, tid, self.now())
    }

    fn cpu_time_of_process(&self, process: i32) -> Option<Duration> {
        sys::processor_time(process)
    }
}

fn open_files(process: i32, tid: i32) -> io::Result<ThreadFiles> {
    let folder = format!("/proc/{process}/task/{tid}");
    Ok(ThreadFiles {
        stat: File::open(format!("{folder}/stat"))?,
        schedstat: File::open(format!("{folder}/schedstat"))?,
    })
}

fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The file has the processor time and the time of waiting for a processor, both in nanoseconds, and the number of
/// times that the thread was given a processor.
fn read_usage(schedstat: &File) -> io::Result<CpuUsage> {
    let mut buffer = [0; 96];
    let length = schedstat.read_at(&mut buffer, 0)?;
    let parse = |text: &[u8]| {
        let mut fields = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
        Some(CpuUsage {
            cpu_time: Duration::from_nanos(fields.next()?.parse().ok()?),
            slices: fields.nth(1)?.parse().ok()?,
        })
    };
    parse(&buffer[..length])
        .ok_or_else(|| io::Error::other("failed to understand the file `schedstat` of a thread"))
}

/// The state is the third field. The second, the name, may hold anything: at most 64 bytes, even parentheses.
fn read_state(stat: &File) -> io::Result<RunState> {
    let mut buffer = [0; 512];
    let length = stat.read_at(&mut buffer, 0)?;
    let end = buffer[..length].iter().rposition(|&byte| byte == b')');
    match end.and_then(|end| buffer.get(end + 2)) {
        Some(b'S' | b'T' | b'I') => Ok(RunState::Asleep),
        Some(b'D') => Ok(RunState::Uninterruptible),
        Some(b'Z' | b'X' | b'x') => Ok(RunState::Dead),
        Some(_) => Ok(RunState::Running),
        None => Err(io::Error::other(
            "failed to understand the file `stat` of a thread",
        )),
    }
}

/// The process of a thread, as the kernel's file about the thread names it.
fn thread_group(tid: i32) -> io::Result<i32> {
    let status = fs::read(format!("/proc/{tid}/status"))?;
    String::from_utf8_lossy(&status)
        .lines()
        .find_map(|line| line.strip_prefix("Tgid:")?.trim().parse().ok())
        .ok_or_else(|| io::Error::other("failed to find the process of a thread"))
}
