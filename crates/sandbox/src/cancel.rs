//! A flag that asks this process to stop. Every wait looks at it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::{error::Error, sys};

/// Whether a signal asked this process to stop, or this process asked its own work to stop. Clones share one flag.
#[derive(Debug, Clone, Default)]
pub struct Cancellation {
    /// The signal's number, 0 for none.
    signal: Arc<AtomicUsize>,
    /// Whether the work is to stop, though the process goes on: that of the whole, then that of each part in it. The
    /// last is this one's own.
    stops: Vec<Arc<AtomicBool>>,
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
            stops: Vec::new(),
        }
    }

    /// A flag for a part of the work: what sets this one sets it, and [`stop`](Self::stop) sets it alone.
    #[must_use]
    pub fn child(&self) -> Self {
        let mut child = self.clone();
        child.stops.push(Arc::default());
        child
    }

    /// The flag of which this one is a child; the same where it is none.
    #[must_use]
    pub fn parent(&self) -> Self {
        let mut parent = self.clone();
        parent.stops.pop();
        parent
    }

    /// Ask the part of the work that has this flag to stop. The process goes on. Only a child can be stopped.
    pub fn stop(&self) {
        self.set_stop(true);
    }

    /// Let new work begin. The work that was asked to stop must have ended.
    pub fn resume(&self) {
        self.set_stop(false);
    }

    fn set_stop(&self, stop: bool) {
        if let Some(own) = self.stops.last() {
            own.store(stop, Ordering::Relaxed);
        }
    }

    /// Whether the work is to stop, for whatever reason.
    #[must_use]
    pub fn is_set(&self) -> bool {
        let mut stops = self.stops.iter();
        stops.any(|stop| stop.load(Ordering::Relaxed)) || self.signal().is_some()
    }

    /// The signal that asked this process to stop.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        i32::try_from(self.signal.load(Ordering::Relaxed))
            .ok()
            .filter(|&signal| signal != 0)
    }

    /// Fail if the work is to stop.
    ///
    /// # Errors
    /// A signal asked this process to stop, or the work alone was asked to.
    pub fn check(&self) -> Result<(), Error> {
        match self.signal() {
            Some(signal) => Err(Error::Interrupted { signal }),
            None if self.is_set() => Err(Error::Stopped),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_stops_alone_and_is_stopped_by_the_signals_of_all() {
        let whole = Cancellation::default();
        let parent = whole.child();
        let child = parent.child();
        child.clone().stop();
        assert!(matches!(child.check(), Err(Error::Stopped)));
        assert!(child.parent().check().is_ok());
        child.resume();
        assert!(child.check().is_ok());
        parent.stop();
        assert!(child.is_set() && !whole.is_set());
        whole.stop();
        assert!(!whole.is_set(), "nothing but a signal ends the process");
        let child = Cancellation::after(15).child();
        assert!(child.is_set());
        assert!(matches!(
            child.check(),
            Err(Error::Interrupted { signal: 15 })
        ));
    }
}
