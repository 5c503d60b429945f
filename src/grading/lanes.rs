//! The runs of a single submission: on each dataset as soon as the reference has run on it, and two at a time where the
//! machine has room for both and keeps them apart.
//!
//! # Theory of operation
//!
//! The reference sends each dataset when it is done with it. Whoever is free takes the next one. What is recorded does
//! not depend on who was faster: these are the runs in the order of the datasets, up to the first that failed. So once
//! a run has failed, those after it are left out and those before it are not.
//!
//! A class uses none of this: there, as many submissions run at a time as the machine has room for.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::Receiver,
    },
    thread,
};

use super::{
    execution::Setting,
    guard::{guarded, joined},
    reference_run::Ready,
    session::Session,
};
use crate::{compile::Built, fault::Fault};
use judge::evidence::RunEvidence;

/// The runs that are left to do.
struct Queue {
    ready: Mutex<Receiver<Ready>>,
    /// The first dataset on which a run failed.
    failed: AtomicUsize,
}

impl Queue {
    /// The next dataset that counts. None when the reference is done, or has failed.
    fn next(&self) -> Option<Ready> {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let next = ready.recv().ok()?;
            if next.number < self.failed.load(Ordering::Relaxed) {
                return Some(next);
            }
        }
    }
}

impl Session<'_> {
    /// Run a submission on each dataset as soon as the reference has.
    pub(super) fn run_after_reference(
        &self,
        built: &Built,
        work_dir: &Path,
        ready: Receiver<Ready>,
    ) -> Result<Vec<RunEvidence>, Fault> {
        let Some(program) = &built.program else {
            return Ok(Vec::new());
        };
        let queue = Queue {
            ready: Mutex::new(ready),
            failed: AtomicUsize::new(usize::MAX),
        };
        let lane = || guarded(|| self.run_some(program, work_dir, &queue));
        let mut runs = if self.two_at_a_time {
            thread::scope(|scope| {
                let other = scope.spawn(lane);
                let runs = lane();
                let others = joined(other);
                runs.and_then(|mut runs| {
                    runs.extend(others?);
                    Ok(runs)
                })
            })?
        } else {
            lane()?
        };
        runs.sort_by_key(|(number, _)| *number);
        let failed = queue.failed.into_inner();
        Ok(runs
            .into_iter()
            .filter(|(number, _)| *number <= failed)
            .map(|(_, run)| run)
            .collect())
    }

    fn run_some(
        &self,
        program: &Path,
        work_dir: &Path,
        queue: &Queue,
    ) -> Result<Vec<(usize, RunEvidence)>, Fault> {
        let mut runs = Vec::new();
        while let Some(Ready { number, wall }) = queue.next() {
            let setting = Setting {
                work_dir,
                number,
                wall,
                // A race of a program that is not observed shows on several processors.
                processor: self.processors[1].filter(|_| self.cases[number].is_observed),
                is_again: false,
            };
            let run = self.run_submission(program, setting)?;
            if !run.execution.termination.is_success() {
                queue.failed.fetch_min(number, Ordering::Relaxed);
            }
            runs.push((number, run));
        }
        Ok(runs)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    #[test]
    fn what_follows_a_failed_run_is_left_out_and_what_precedes_it_is_not() {
        let (sender, ready) = mpsc::channel();
        for number in [2, 0, 3, 1] {
            let wall = Duration::from_secs(1);
            sender.send(Ready { number, wall }).unwrap();
        }
        drop(sender);
        let queue = Queue {
            ready: Mutex::new(ready),
            failed: AtomicUsize::new(usize::MAX),
        };
        let next = || queue.next().map(|ready| ready.number);
        assert_eq!(next(), Some(2));
        queue.failed.fetch_min(2, Ordering::Relaxed);
        assert_eq!([next(), next(), next()], [Some(0), Some(1), None]);
    }
}
