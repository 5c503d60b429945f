//! A panic of ours becomes a fault, so that it costs one submission and not a class.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread::ScopedJoinHandle,
};

use crate::fault::{Fault, FaultKind};

/// What a thread that [guarded] its work returned.
pub(super) fn joined<T>(thread: ScopedJoinHandle<'_, Result<T, Fault>>) -> Result<T, Fault> {
    thread
        .join()
        .unwrap_or_else(|panic| guarded(|| resume_unwind(panic)))
}

/// Do `work`; a panic in it becomes a fault.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let why = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Fault::new(
            FaultKind::Internal,
            "failed to grade: a mistake in this program",
        )
        .because(why)
        .hint("please report it, with the submission"))
    })
}
