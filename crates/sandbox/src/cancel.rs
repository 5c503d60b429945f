//! A flag that asks this process to stop. Every wait looks at it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{error::Error, sys};

/// Whether a signal asked this process to stop. Clones share one flag.
#[derive(Debug, Clone, Default)]
pub struct Cancellation {
    /// The signal's number, 0 for none.
    signal: Arc<AtomicUsize>,
}

impl Cancellation {
    /// Install handlers for the signals by which people and systems stop a program: SIGINT, SIGTERM and SIGHUP.
    ///
    /// From then on such a signal only sets the flag. So jobs end and temporary folders are removed before the
    /// program exits. If the program was started with SIGINT or SIGHUP ignored, as by `nohup`, it goes on
    /// ignoring it.
    ///
    /// # Errors
    /// The handlers could not be installed.
    pub fn on_signals() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let cancellation = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // SIGTERM is sent to this process in particular. The others go to every program of a terminal.
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

    /// A flag that this signal has set.
    #[cfg(test)]
    pub(crate) fn after(signal: usize) -> Self {
        Self {
            signal: Arc::new(signal.into()),
        }
    }

    /// The signal that asked this process to stop.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        i32::try_from(self.signal.load(Ordering::Relaxed))
            .ok()
            .filter(|&signal| signal != 0)
    }

    /// Fail if this process is to stop.
    ///
    /// # Errors
    /// A signal asked this process to stop.
    pub fn check(&self) -> Result<(), Error> {
        match self.signal() {
            None => Ok(()),
            Some(signal) => Err(Error::Interrupted { signal }),
        }
    }
}
