//! What each call means: see it, write it down, answer it or hold it.
//!
//! Nothing here waits or looks at the clock of rounds; what is held goes to `virtual_disk`.

use std::io;

use crate::{
    blocks::ReadCall,
    files::data_files::{self, Target},
    memory,
    quiescence::processes,
    read_observer::ReadObserver,
    seccomp::{
        affinity,
        notify::{Answer, Notice},
        syscall_table::{self, At, Call, Flags, Length},
    },
    sys,
};

impl ReadObserver {
    /// See one call. `None` if it is held.
    pub(crate) fn look_at(&mut self, call: Call, notice: Notice) -> io::Result<Option<Answer>> {
        let attempts = &mut self.ledger.attempts;
        let refused = |counter: &mut u32, errno| {
            *counter = counter.saturating_add(1);
            Answer::Failed(errno)
        };
        Ok(Some(match call {
            Call::Access { fd, at, length } => return self.access(notice, fd, at, length),
            Call::Copy {
                fd,
                at,
                into,
                length,
            } => {
                if self.leaves_its_device(notice, fd, into) {
                    return Ok(Some(Answer::Failed(libc::EXDEV)));
                }
                return self.access(notice, fd, at, length);
            }
            Call::Open { path, flags } => self.open(notice, path, flags),
            Call::Clone { flags } => {
                self.clone(notice, flags);
                Answer::Continue
            }
            Call::Exit => {
                if let Some(process) = self.tasks.process_of(notice.tid)? {
                    self.ledger.ended(notice.tid, process);
                    self.tasks.ends(notice.tid);
                    self.files.forget(notice.tid);
                }
                Answer::Continue
            }
            Call::GetAffinity | Call::SetAffinity => return self.affinity(call, notice).map(Some),
            Call::AsyncIo => refused(&mut attempts.async_io, libc::ENOSYS),
            Call::NoAtime => refused(&mut attempts.no_atime, libc::EPERM),
            Call::Dumpable => refused(&mut attempts.undumpable, libc::EPERM),
            Call::SetTimes { path } => {
                let target = self.files.named_by(notice.tid, path, notice.arguments);
                if matches!(target, Target::Data { .. }) {
                    attempts.set_times = attempts.set_times.saturating_add(1);
                }
                Answer::Continue
            }
            Call::Change { path } => {
                let target = self.files.named_by(notice.tid, path, notice.arguments);
                if matches!(target, Target::Data { .. }) {
                    attempts.changes = attempts.changes.saturating_add(1);
                }
                Answer::Continue
            }
        }))
    }

    /// Answer about processors, whatever else is watched.
    pub(crate) fn affinity(&mut self, call: Call, notice: Notice) -> io::Result<Answer> {
        let processors = self.options.processors;
        Ok(match call {
            // Somebody else's processors are no business of ours.
            Call::SetAffinity if !self.is_own_thread(notice)? => Answer::Continue,
            Call::SetAffinity => affinity::choose(notice.tid, notice.arguments, processors),
            _ => affinity::answer(notice.tid, notice.arguments, processors),
        })
    }

    /// Whether the thread that a call names by its first argument is one of the caller's own process.
    fn is_own_thread(&mut self, notice: Notice) -> io::Result<bool> {
        let named = data_files::descriptor(notice.arguments[0]);
        // In a process namespace of its own, numbers are others, and nobody else can be named.
        if named == 0 || !processes::shares_numbers(notice.tid) {
            return Ok(true);
        }
        let process = self.tasks.process_of(notice.tid)?;
        Ok(process.is_some_and(|process| sys::is_thread_of(process, named)))
    }

    /// A thread or a process is made: on return it exists, and may run before its maker.
    fn clone(&mut self, notice: Notice, flags: Flags) {
        const THREAD: u64 = libc::CLONE_THREAD.cast_unsigned() as u64;
        // Unreadable flags: a failing call, or a program that hides. Look for both.
        let flags = flags_of(notice, flags);
        let thread = flags.is_some_and(|flags| flags & THREAD != 0);
        if thread {
            let created = &mut self.ledger.threads_created;
            *created = created.saturating_add(1);
        }
        self.tasks.expect_more(!thread);
        self.listener.take_turns(false);
        self.patience.works(notice.tid);
    }

    fn open(&mut self, notice: Notice, path: syscall_table::Path, flags: Flags) -> Answer {
        let address = match path {
            syscall_table::Path::Plain(i) => notice.arguments[i],
            syscall_table::Path::At(i) => notice.arguments[i + 1],
            syscall_table::Path::Descriptor(_) => 0,
        };
        let has = |flag: i32| {
            flags_of(notice, flags)
                .is_some_and(|flags| flags & u64::from(flag.cast_unsigned()) != 0)
        };
        let file = match memory::read_path(notice.tid, address) {
            Ok(path) if affinity::describes_processors(&path) => {
                return Answer::Failed(libc::ENOENT);
            }
            Ok(path) => self.files.named(&path),
            // A bad address fails by itself. What cannot be read is not told apart from other opens; it
            // will be seen, or missed, at the read.
            Err(_) => None,
        };
        if let Some(file) = file {
            self.ledger.opened(file);
            if has(libc::O_WRONLY | libc::O_RDWR | libc::O_TRUNC) {
                let changes = &mut self.ledger.attempts.changes;
                *changes = changes.saturating_add(1);
            }
        }
        if has(libc::O_NOATIME) {
            let no_atime = &mut self.ledger.attempts.no_atime;
            *no_atime = no_atime.saturating_add(1);
            // What the kernel says to those who do not own the file.
            return Answer::Failed(libc::EPERM);
        }
        Answer::Continue
    }

    /// Whether a call copies out of a data file to where the kernel would not. What fails there is
    /// repeated in another way, and would wait for one file twice.
    fn leaves_its_device(&mut self, notice: Notice, from: usize, into: usize) -> bool {
        let mut device = |argument: usize| {
            let fd = data_files::descriptor(notice.arguments[argument]);
            self.files.device(notice.tid, fd)
        };
        matches!((device(from), device(into)), (Some(one), Some(other)) if one != other)
    }

    fn access(
        &mut self,
        notice: Notice,
        fd: usize,
        at: At,
        length: Length,
    ) -> io::Result<Option<Answer>> {
        let tid = notice.tid;
        let fd = data_files::descriptor(notice.arguments[fd]);
        let (file, size, position) = match self.files.behind(tid, fd) {
            Target::Data {
                file,
                size,
                position,
            } => (file, size, position),
            Target::Other => return Ok(Some(Answer::Continue)),
            Target::Hidden => {
                let unseen = &mut self.ledger.attempts.unseen;
                *unseen = unseen.saturating_add(1);
                return Ok(Some(Answer::Continue));
            }
        };
        let length = match length {
            Length::Argument(i) => notice.arguments[i],
            Length::Buffers(i) => total(tid, notice.arguments[i], notice.arguments[i + 1]),
            Length::Rest => u64::MAX,
        };
        let Some(process) = self.tasks.process_of(tid)? else {
            // It was killed while it called.
            return Ok(Some(Answer::Continue));
        };
        let thread = self.ledger.thread(tid, process);
        let call = ReadCall {
            process,
            thread,
            fd,
            file,
            start: start(notice, fd, at, position).unwrap_or(0),
            size,
            length,
        };
        self.ledger.asked(thread, file, call.finds(), size);
        if length == 0 {
            return Ok(Some(Answer::Continue));
        }
        let charge = self.opens.charge(call, |one, other| {
            memory::same_open_file(process, one, other)
        });
        if let Some((thread, bytes)) = charge.not_come {
            self.ledger.did_not_get(thread, bytes);
        }
        if charge.quarters == 0 {
            return Ok(Some(Answer::Continue));
        }
        if self.disk.held().is_empty() {
            self.round_began = self.start.elapsed();
        }
        self.patience.reads(tid);
        self.disk.hold(notice, thread, file, charge);
        Ok(None)
    }
}

fn flags_of(notice: Notice, flags: Flags) -> Option<u64> {
    match flags {
        Flags::Argument(i) => Some(notice.arguments[i]),
        Flags::Fixed(flags) => Some(flags.cast_unsigned().into()),
        Flags::Pointed(i) => memory::read_u64(notice.tid, notice.arguments[i]).ok(),
    }
}

/// Where in its file an access starts, given where its descriptor stands, if that was seen.
fn start(notice: Notice, fd: i32, at: At, position: Option<u64>) -> Option<u64> {
    let own = || position.or_else(|| data_files::position(notice.tid, fd));
    match at {
        At::Position => own(),
        At::Argument(i) => Some(notice.arguments[i]),
        At::ArgumentOrPosition(i) => match notice.arguments[i] {
            u64::MAX => own(),
            position => Some(position),
        },
        At::Pointed(i) => match notice.arguments[i] {
            0 => own(),
            pointer => memory::read_u64(notice.tid, pointer).ok(),
        },
    }
}

/// The bytes that a list of buffers takes, as far as it can be read; one, if it cannot.
fn total(tid: i32, list: u64, buffers: u64) -> u64 {
    /// More are refused by the kernel.
    const MOST: u64 = 1024;
    (0..buffers.min(MOST))
        .map(|i| memory::read_u64(tid, list.wrapping_add(16 * i + 8)).unwrap_or(1))
        .fold(0, u64::saturating_add)
}
