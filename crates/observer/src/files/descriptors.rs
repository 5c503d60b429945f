//! Query a descriptor of another thread through a copy of it.
//!
//! A copy takes half the time of a lookup through `/proc`, and each read of the program needs one, so most of the
//! observer's time is spent here. A copy needs a handle to the thread, and not only to its process, as threads need
//! not share their descriptors. It is closed at once: a copy that lived longer would keep the file open after the
//! program has closed its own descriptor.

use std::{
    collections::hash_map::Entry,
    os::fd::{OwnedFd, RawFd},
};

use rustc_hash::FxHashMap;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::Stat,
    io::Errno,
    process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open},
};

/// The number of threads to which a handle is kept. A process has only 1024 descriptors by default. The descriptors
/// of all other threads are looked up through `/proc`.
const MAX_HANDLES: usize = 200;

/// The kernel's `PIDFD_THREAD`, since Linux 6.9: the handle is one to a thread, and not to its process.
const THREAD: PidfdFlags = PidfdFlags::from_bits_retain(libc::O_EXCL.cast_unsigned());

/// Handles to the threads of one program.
#[derive(Debug, Default)]
pub(crate) struct Descriptors {
    handles: FxHashMap<i32, OwnedFd>,
    /// The kernel is too old, or does not allow it.
    is_unsupported: bool,
}

impl Descriptors {
    /// The status of the file behind a descriptor, and the position of the descriptor if `is_data` accepts the file.
    /// The position in other files is not queried: the kernel may block until another thread has read from them.
    ///
    /// # Errors
    /// `BADF` if there is no such descriptor. After any other error the descriptor has to be looked up in another
    /// way.
    pub(crate) fn query(
        &mut self,
        tid: i32,
        fd: RawFd,
        is_data: impl FnOnce(&Stat) -> bool,
    ) -> Result<(Stat, Option<u64>), Errno> {
        let copy = match self.copy(tid, fd) {
            // The thread has exited, and a new one has its number.
            Err(Errno::SRCH) => {
                self.handles.remove(&tid);
                self.copy(tid, fd)
            }
            copy => copy,
        }?;
        let stat = rustix::fs::fstat(&copy)?;
        // A descriptor that was opened with `O_PATH` has no position.
        let position = if is_data(&stat) {
            rustix::fs::tell(&copy).ok()
        } else {
            None
        };
        Ok((stat, position))
    }

    /// A copy of a descriptor. Who keeps it keeps the file open.
    pub(crate) fn copy(&mut self, tid: i32, fd: RawFd) -> Result<OwnedFd, Errno> {
        // A program may pass any number, and `rustix` takes no negative one.
        if fd < 0 {
            return Err(Errno::BADF);
        }
        pidfd_getfd(self.handle(tid)?, fd, PidfdGetfdFlags::empty())
    }

    /// Whether there is something to read at a descriptor. For one that watches others, this is an event.
    pub(crate) fn is_ready(&mut self, tid: i32, fd: RawFd) -> Result<bool, Errno> {
        let copy = self.copy(tid, fd)?;
        let mut fds = [PollFd::new(&copy, PollFlags::IN)];
        Ok(poll(&mut fds, Some(&Timespec::default()))? > 0)
    }

    /// A thread exits.
    pub(crate) fn forget(&mut self, tid: i32) {
        self.handles.remove(&tid);
    }

    fn handle(&mut self, tid: i32) -> Result<&OwnedFd, Errno> {
        if self.is_unsupported {
            return Err(Errno::NOSYS);
        }
        let full = self.handles.len() >= MAX_HANDLES;
        match self.handles.entry(tid) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(_) if full => Err(Errno::MFILE),
            Entry::Vacant(new) => {
                let handle = pidfd_open(Pid::from_raw(tid).ok_or(Errno::SRCH)?, THREAD);
                self.is_unsupported =
                    matches!(handle, Err(Errno::INVAL | Errno::NOSYS | Errno::PERM));
                Ok(new.insert(handle?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{Seek, SeekFrom},
        os::fd::AsRawFd,
    };

    use super::*;

    #[test]
    fn a_query_of_an_own_descriptor_finds_its_file_and_position() {
        let mut file = File::open("/proc/self/exe").unwrap();
        file.seek(SeekFrom::Start(3)).unwrap();
        let own = rustix::thread::gettid().as_raw_nonzero().get();
        let mut descriptors = Descriptors::default();
        match descriptors.query(own, file.as_raw_fd(), |_| true) {
            Ok((stat, position)) => {
                assert_eq!(stat.st_ino, rustix::fs::fstat(&file).unwrap().st_ino);
                assert_eq!(position, Some(3));
                let (_, position) = descriptors.query(own, file.as_raw_fd(), |_| false).unwrap();
                assert_eq!(position, None);
                let none = descriptors.query(own, 9999, |_| true);
                assert_eq!(none.unwrap_err(), Errno::BADF);
                assert_eq!(descriptors.copy(own, -1).unwrap_err(), Errno::BADF);
            }
            Err(_) => assert!(
                descriptors.is_unsupported,
                "a query fails only where there are no handles to threads"
            ),
        }
        descriptors.forget(own);
        assert!(descriptors.handles.is_empty());
    }
}
