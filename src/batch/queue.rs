//! Work through a list with several threads.
//!
//! Hides the threads. Each free thread takes the next item of the list, so that no thread waits for a slow
//! one. All threads end before the call returns.
//! Never knows what the work is. After the first fault no item is begun; items that were begun are finished.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::fault::Fault;

/// Do `work` on every item, at most `jobs` at a time. `work` is told which of the threads it runs in, counted
/// from zero.
///
/// # Errors
/// The first fault of `work`; the items that were not begun by then were not worked on.
pub(super) fn run<T: Sync>(
    items: &[T],
    jobs: NonZeroUsize,
    work: impl Fn(&T, usize) -> Result<(), Fault> + Sync,
) -> Result<(), Fault> {
    let (next, first_fault) = (AtomicUsize::new(0), Mutex::new(None));
    let worker = |thread: usize| {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(fault) = work(item, thread) {
                next.store(items.len(), Ordering::Relaxed);
                let mut first = first_fault.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert(fault);
                return;
            }
        }
    };
    thread::scope(|scope| {
        // This thread works too, so that there is one worker even if no thread can be started.
        for number in 1..jobs.get().min(items.len()) {
            let thread = thread::Builder::new().name("grading".to_owned());
            let worker = &worker;
            if thread.spawn_scoped(scope, move || worker(number)).is_err() {
                break;
            }
        }
        worker(0);
    });
    let fault = first_fault
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    fault.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::fault::FaultKind;

    fn jobs(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    #[test]
    fn every_item_is_worked_on_once_whatever_the_number_of_threads() {
        let items: Vec<usize> = (0..200).collect();
        for n in [1, 2, 8, 500] {
            let worked_on = Mutex::new(Vec::new());
            run(&items, jobs(n), |&item, _| {
                worked_on.lock().unwrap().push(item);
                Ok(())
            })
            .unwrap();
            let worked_on = worked_on.into_inner().unwrap();
            assert_eq!(worked_on.len(), 200);
            assert_eq!(worked_on.into_iter().collect::<BTreeSet<_>>().len(), 200);
        }
    }

    #[test]
    fn after_a_fault_nothing_new_is_begun() {
        let items: Vec<usize> = (0..200).collect();
        let begun = AtomicUsize::new(0);
        let fault = run(&items, jobs(4), |&item, _| {
            begun.fetch_add(1, Ordering::Relaxed);
            if item == 3 {
                return Err(Fault::new(FaultKind::Disk, "full"));
            }
            thread::yield_now();
            Ok(())
        })
        .unwrap_err();
        assert_eq!(fault.message, "full");
        assert!(begun.load(Ordering::Relaxed) < 200);
    }

    #[test]
    fn workers_work_at_the_same_time() {
        // Each waits for the other: this ends only if both are at work at once.
        let barrier = std::sync::Barrier::new(2);
        run(&[0, 1], jobs(2), |_, _| {
            barrier.wait();
            Ok(())
        })
        .unwrap();
    }
}
