//! Look at what a thread's descriptor is, by a copy of it.
//!
//! A copy takes half the time of the descriptor's path in `/proc`, and every read is looked up, so this
//! is what observing costs. It needs a handle to each thread, as threads need not share descriptors. A
//! copy lives for one look: a descriptor that we kept would outlive the thread's own `close`.

use std::{
    collections::hash_map::Entry,
    os::fd::{OwnedFd, RawFd},
};

use rustc_hash::FxHashMap;
use rustix::{
    fs::Stat,
    io::Errno,
    process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open},
};

/// Handles kept at once. A process has only 1024 descriptors by default; who comes later is looked up by
/// paths.
const KEPT: usize = 200;

/// Since Linux 6.9: a handle to a thread, and not to its process. The kernel's `PIDFD_THREAD`.
const THREAD: PidfdFlags = PidfdFlags::from_bits_retain(libc::O_EXCL.cast_unsigned());

#[derive(Debug, Default)]
pub(crate) struct Descriptors {
    threads: FxHashMap<i32, OwnedFd>,
    /// The kernel is too old, or does not let us.
    cannot: bool,
}

impl Descriptors {
    /// What a thread's descriptor is, and, if that `is_data`, where it stands. Of other files that is not
    /// asked: the answer may have to wait for whoever reads them.
    ///
    /// # Errors
    /// `BADF`: it is none. All others: this way does not tell.
    pub(crate) fn look(
        &mut self,
        tid: i32,
        fd: RawFd,
        is_data: impl FnOnce(&Stat) -> bool,
    ) -> Result<(Stat, Option<u64>), Errno> {
        let copy = match self.copy(tid, fd) {
            // Its number came to stand for another thread.
            Err(Errno::SRCH) => {
                self.threads.remove(&tid);
                self.copy(tid, fd)
            }
            copy => copy,
        }?;
        let stat = rustix::fs::fstat(&copy)?;
        // One that is only a path stands nowhere.
        let position = if is_data(&stat) {
            rustix::fs::tell(&copy).ok()
        } else {
            None
        };
        Ok((stat, position))
    }

    fn copy(&mut self, tid: i32, fd: RawFd) -> Result<OwnedFd, Errno> {
        pidfd_getfd(self.thread(tid)?, fd, PidfdGetfdFlags::empty())
    }

    /// A thread ends.
    pub(crate) fn forget(&mut self, tid: i32) {
        self.threads.remove(&tid);
    }

    fn thread(&mut self, tid: i32) -> Result<&OwnedFd, Errno> {
        if self.cannot {
            return Err(Errno::NOSYS);
        }
        let full = self.threads.len() >= KEPT;
        match self.threads.entry(tid) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(_) if full => Err(Errno::MFILE),
            Entry::Vacant(new) => {
                let handle = pidfd_open(Pid::from_raw(tid).ok_or(Errno::SRCH)?, THREAD);
                self.cannot = matches!(handle, Err(Errno::INVAL | Errno::NOSYS | Errno::PERM));
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
    fn our_own_descriptor_is_what_we_opened() {
        let mut file = File::open("/proc/self/exe").unwrap();
        file.seek(SeekFrom::Start(3)).unwrap();
        let own = rustix::thread::gettid().as_raw_nonzero().get();
        let mut descriptors = Descriptors::default();
        match descriptors.look(own, file.as_raw_fd(), |_| true) {
            Ok((stat, position)) => {
                assert_eq!(stat.st_ino, rustix::fs::fstat(&file).unwrap().st_ino);
                assert_eq!(position, Some(3));
                let (_, position) = descriptors.look(own, file.as_raw_fd(), |_| false).unwrap();
                assert_eq!(position, None);
                let none = descriptors.look(own, 9999, |_| true);
                assert_eq!(none.unwrap_err(), Errno::BADF);
            }
            Err(_) => assert!(descriptors.cannot, "only where the kernel cannot"),
        }
        descriptors.forget(own);
        assert!(descriptors.threads.is_empty());
    }
}
