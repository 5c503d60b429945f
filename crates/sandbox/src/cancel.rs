//! The wish to stop, seen by everything that waits.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{error::Error, sys};

/// Whether a signal asked us to stop. Clones share the answer.
#[derive(Debug, Clone, Default)]
pub struct Cancellation {
    /// The signal's number, 0 for none.
    signal: Arc<AtomicUsize>,
}

impl Cancellation {
    /// Be told of the signals by which people and systems stop a program.
    ///
    /// From then on such a signal only sets a flag: jobs are ended, temporary folders removed, and
    /// `main` dies of the signal at last. What we were started to ignore, as by `nohup`, stays ignored.
    ///
    /// # Errors
    /// The handlers could not be installed.
    pub fn on_signals() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let cancellation = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // Whoever names us has us in mind; the others come to all that a terminal started.
            if signal != SIGTERM && sys::ignores(signal) {
                continue;
            }
            signal_hook::flag::register_usize(
                signal,
                Arc::clone(&cancellation.signal),
                signal.unsigned_abs() as usize,
            )?;
        }
        Ok(cancellation)
    }

    /// As after this signal.
    #[cfg(test)]
    pub(crate) fn after(signal: usize) -> Self {
        Self {
            signal: Arc::new(signal.into()),
        }
    }

    /// The signal that asked us to stop.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        i32::try_from(self.signal.load(Ordering::Relaxed))
            .ok()
            .filter(|&signal| signal != 0)
    }

    /// Go on, or stop here.
    ///
    /// # Errors
    /// A signal asked us to stop.
    pub fn check(&self) -> Result<(), Error> {
        match self.signal() {
            None => Ok(()),
            Some(signal) => Err(Error::Interrupted { signal }),
        }
    }
}
