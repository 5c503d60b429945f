//! When a program is quiescent: none of its threads can run before one of the held reads returns.
//!
//! `sampler` has the questions that only the kernel can answer; `processes` and `sleep` answer some of them from
//! `/proc`. `threads` keeps what is known of each thread. `detector` finds an instant at which all threads sleep, and
//! `wait_policy` decides how long the detector waits for a thread that does not sleep. The last three are pure: the
//! tests beside them run a made-up scheduler.
//!
//! This folder hides how `/proc` is read, and which threads are ignored. It never holds a call or responds to one.

pub(crate) mod detector;
mod processes;
pub(crate) mod sampler;
pub(crate) mod sleep;
mod threads;
pub(crate) mod wait_policy;

#[cfg(test)]
mod tests;
