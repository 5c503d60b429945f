//! When a program is quiescent: none of its threads can run before one of the reads that we hold returns.
//!
//! It hides how `/proc` is read and how long a busy thread is waited for. It never holds or answers a call.

pub(super) mod detector;
pub(super) mod sampler;
mod sleep;
pub(super) mod wait_policy;
