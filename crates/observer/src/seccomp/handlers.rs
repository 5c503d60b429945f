//! What each system call means: count it, respond to it, or hold it on the virtual disk.
//!
//! Each handler looks up what its call is about, writes into the ledger, and returns the response. It never moves
//! the virtual clock, and never waits.

use std::{fs, io};

use crate::{
    blocks::{Opens, ReadCall},
    files::data_files::{self, DataFiles, Target},
    ledger::Ledger,
    memory,
    quiescence::{detector::QuiescenceDetector, sampler::ProcSampler, wait_policy::WaitPolicy},
    seccomp::{
        affinity,
        notify::{Notification, Response},
        syscall_table::{At, Call, Flags, Length, Path},
    },
    sys,
    virtual_disk::VirtualDisk,
};

/// The parts of the observer that the handlers need.
#[derive(Debug)]
pub(crate) struct Handlers<'a> {
    /// The number of processors that the program sees.
    pub(crate) processors: u32,
    pub(crate) files: &'a mut DataFiles,
    pub(crate) opens: &'a mut Opens,
    pub(crate) disk: &'a mut VirtualDisk,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) detector: &'a mut QuiescenceDetector<ProcSampler>,
    pub(crate) wait_policy: &'a mut WaitPolicy,
}

impl Handlers<'_> {
    /// Handle one call. `None` means that the call is now held on the virtual disk.
    pub(crate) fn handle_syscall(
        &mut self,
        call: Call,
        notification: Notification,
    ) -> io::Result<Option<Response>> {
        let attempts = &mut self.ledger.attempts;
        let refuse = |counter: &mut u32, errno| {
            increment(counter);
            Response::Error(errno)
        };
        Ok(Some(match call {
            Call::Access { fd, at, length } => return self.access(notification, fd, at, length),
            Call::Copy {
                fd,
                at,
                into,
                length,
            } => {
                if self.is_on_other_device(notification, fd, into) {
                    return Ok(Some(Response::Error(libc::EXDEV)));
                }
                return self.access(notification, fd, at, length);
            }
            Call::Open { path, flags } => self.open(notification, path, flags),
            Call::Clone { flags } => {
                self.clone(notification, flags);
                Response::Continue
            }
            Call::Exit => {
                if let Some(process) = self.detector.process_of(notification.tid)? {
                    self.ledger.thread_exits(notification.tid, process);
                    self.detector.mark_exiting(notification.tid);
                    self.files.forget(notification.tid);
                }
                Response::Continue
            }
            Call::GetAffinity | Call::SetAffinity => {
                return self.affinity(call, notification).map(Some);
            }
            // Whoever holds these waits, and has the server, does not ask here. No attempt to connect may be carried out.
            Call::TimedWait(_) | Call::Receive => Response::Continue,
            Call::Socket(_) => Response::Error(libc::ECONNREFUSED),
            Call::AsyncIo => refuse(&mut attempts.async_io, libc::ENOSYS),
            Call::NoAtime => refuse(&mut attempts.no_atime, libc::EPERM),
            Call::Dumpable => refuse(&mut attempts.undumpable, libc::EPERM),
            Call::SetTimes { path } => {
                let target = self.files.target_of_path(notification, path);
                if matches!(target, Target::Data { .. }) {
                    increment(&mut attempts.set_times);
                }
                Response::Continue
            }
            Call::Change { path } => {
                let target = self.files.target_of_path(notification, path);
                if matches!(target, Target::Data { .. }) {
                    increment(&mut attempts.changes);
                }
                Response::Continue
            }
        }))
    }

    /// Handle one call of a program whose reads are not observed, or not any more. Nothing is counted or held, but the
    /// program sees no difference.
    pub(crate) fn handle_unobserved(
        &mut self,
        call: Option<Call>,
        notification: Notification,
    ) -> io::Result<Response> {
        match call {
            Some(call @ (Call::GetAffinity | Call::SetAffinity)) => {
                self.affinity(call, notification)
            }
            Some(Call::AsyncIo) => Ok(Response::Error(libc::ENOSYS)),
            Some(Call::Socket(_)) => Ok(Response::Error(libc::ECONNREFUSED)),
            Some(Call::NoAtime) => Ok(Response::Error(libc::EPERM)),
            Some(Call::Open { path, flags }) => {
                let refusal = Opening::read(notification, path, flags).refusal();
                Ok(refusal.map_or(Response::Continue, Response::Error))
            }
            _ => Ok(Response::Continue),
        }
    }

    fn affinity(&mut self, call: Call, notification: Notification) -> io::Result<Response> {
        let Notification { tid, arguments, .. } = notification;
        Ok(match call {
            // The kernel decides about the threads of other processes.
            Call::SetAffinity if !self.names_own_thread(notification)? => Response::Continue,
            Call::SetAffinity => affinity::set(tid, arguments, self.processors),
            _ => affinity::get(tid, arguments, self.processors),
        })
    }

    /// Whether the thread in the first argument of a call belongs to the calling process.
    fn names_own_thread(&mut self, notification: Notification) -> io::Result<bool> {
        let named = data_files::descriptor(notification.arguments[0]);
        // In a process namespace of its own the program uses other numbers, and cannot name foreign threads.
        if named == 0 || !shares_process_numbers(notification.tid) {
            return Ok(true);
        }
        let process = self.detector.process_of(notification.tid)?;
        Ok(process.is_some_and(|process| sys::is_thread_of(process, named)))
    }

    /// The program is about to create a thread or a process, which may run before this call returns.
    fn clone(&mut self, notification: Notification, flags: Flags) {
        const THREAD: u64 = libc::CLONE_THREAD.cast_unsigned() as u64;
        // Flags that cannot be read belong to a call that fails, or to a program that hides them. So the detector
        // then looks for new processes as well.
        let flags = flags.read(notification.tid, notification.arguments);
        let creates_thread = flags.is_some_and(|flags| flags & THREAD != 0);
        if creates_thread {
            increment(&mut self.ledger.threads_created);
        }
        self.detector
            .expect_new_threads(notification.tid, !creates_thread);
        self.wait_policy.on_clone(notification.tid);
    }

    fn open(&mut self, notification: Notification, path: Path, flags: Flags) -> Response {
        let opened = Opening::read(notification, path, flags);
        let refusal = opened.refusal();
        let may_change = opened.has(libc::O_WRONLY | libc::O_RDWR | libc::O_TRUNC);
        if let Some(named) = &opened.path
            && refusal != Some(libc::ENOENT)
            && let Some(file) = self.files.named(named)
            // A program may save a file under the name of a data file, in a folder where it may write.
            && !(may_change && self.files.target_of_path(notification, path) == Target::Other)
        {
            self.ledger.opened(file);
            if may_change {
                increment(&mut self.ledger.attempts.changes);
            }
        }
        if refusal == Some(libc::EPERM) {
            increment(&mut self.ledger.attempts.no_atime);
        }
        refusal.map_or(Response::Continue, Response::Error)
    }

    /// Whether a call copies from one device to another, which the kernel refuses. The program then copies in
    /// another way: if this call were held, the program would wait for the file twice.
    fn is_on_other_device(&mut self, notification: Notification, from: usize, into: usize) -> bool {
        let mut device = |argument: usize| {
            let fd = data_files::descriptor(notification.arguments[argument]);
            self.files.device(notification.tid, fd)
        };
        matches!((device(from), device(into)), (Some(from), Some(into)) if from != into)
    }

    fn access(
        &mut self,
        notification: Notification,
        fd: usize,
        at: At,
        length: Length,
    ) -> io::Result<Option<Response>> {
        let Notification { tid, arguments, .. } = notification;
        let fd = data_files::descriptor(arguments[fd]);
        let (file, size, position) = match self.files.target_of_descriptor(tid, fd) {
            Target::Data {
                file,
                size,
                position,
            } => (file, size, position),
            Target::Other => return Ok(Some(Response::Continue)),
            Target::Hidden => {
                increment(&mut self.ledger.attempts.unseen);
                return Ok(Some(Response::Continue));
            }
        };
        let length = match length {
            Length::Argument(i) => arguments[i],
            Length::Buffers(i) => length_of_buffers(tid, arguments[i], arguments[i + 1]),
            Length::Rest => u64::MAX,
        };
        let Some(process) = self.detector.process_of(tid)? else {
            // The thread was killed during its call.
            return Ok(Some(Response::Continue));
        };
        let thread = self.ledger.thread(tid, process);
        let call = ReadCall {
            process,
            thread,
            fd,
            file,
            start: start_of_access(notification, fd, at, position).unwrap_or(0),
            size,
            length,
        };
        self.ledger.requested(thread, file, call.available(), size);
        if length == 0 {
            return Ok(Some(Response::Continue));
        }
        let charge = self.opens.charge(call, |one, other| {
            memory::same_open_file(process, one, other)
        });
        if let Some((thread, bytes)) = charge.undelivered {
            self.ledger.take_back(thread, bytes);
        }
        if charge.quarters == 0 {
            return Ok(Some(Response::Continue));
        }
        self.wait_policy.on_read(tid);
        self.disk.hold(notification, thread, file, charge);
        Ok(None)
    }
}

/// Count up without wrapping, as a hostile program can make many calls.
fn increment(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

/// Where in its file an access starts. `position` is the position of the descriptor, if it was seen already.
fn start_of_access(
    notification: Notification,
    fd: i32,
    at: At,
    position: Option<u64>,
) -> Option<u64> {
    let Notification { tid, arguments, .. } = notification;
    let own_position = || position.or_else(|| data_files::position(tid, fd));
    match at {
        At::Position => own_position(),
        At::Argument(i) => Some(arguments[i]),
        At::ArgumentOrPosition(i) => match arguments[i] {
            u64::MAX => own_position(),
            position => Some(position),
        },
        At::Pointed(i) => match arguments[i] {
            0 => own_position(),
            pointer => memory::read_u64(tid, pointer).ok(),
        },
    }
}

/// The number of bytes that a list of buffers can hold. A buffer whose length cannot be read counts as one byte.
fn length_of_buffers(tid: i32, list: u64, buffers: u64) -> u64 {
    /// The largest number of buffers that the kernel accepts in one call, `UIO_MAXIOV`.
    const MAX_BUFFERS: u64 = 1024;
    (0..buffers.min(MAX_BUFFERS))
        .map(|i| memory::read_u64(tid, list.wrapping_add(16 * i + 8)).unwrap_or(1))
        .fold(0, u64::saturating_add)
}

/// Whether a thread uses the same numbers for processes as this process does.
fn shares_process_numbers(tid: i32) -> bool {
    let namespace = |process: &str| fs::read_link(format!("/proc/{process}/ns/pid")).ok();
    match (namespace(&tid.to_string()), namespace("self")) {
        (Some(theirs), Some(own)) => theirs == own,
        _ => true,
    }
}

/// What a call opens, and how.
struct Opening {
    /// `None` for a bad address, which the kernel refuses. Where only the observer cannot read the path, a later
    /// read is still attributed to the file by its descriptor.
    path: Option<Vec<u8>>,
    flags: Option<u64>,
}

impl Opening {
    fn read(notification: Notification, path: Path, flags: Flags) -> Self {
        let Notification { tid, arguments, .. } = notification;
        let address = match path {
            Path::Plain(i) => arguments[i],
            Path::At(i) => arguments[i + 1],
            Path::Descriptor(_) => 0,
        };
        Self {
            path: memory::read_path(tid, address).ok(),
            flags: flags.read(tid, arguments),
        }
    }

    fn has(&self, flag: i32) -> bool {
        self.flags
            .is_some_and(|flags| flags & u64::from(flag.cast_unsigned()) != 0)
    }

    /// The error with which the observer responds, if it does.
    fn refusal(&self) -> Option<i32> {
        let path = self.path.as_deref();
        if path.is_some_and(affinity::describes_processors) {
            Some(libc::ENOENT)
        } else if self.has(libc::O_NOATIME) {
            // The kernel gives this error to everybody who does not own the file.
            Some(libc::EPERM)
        } else {
            None
        }
    }
}
