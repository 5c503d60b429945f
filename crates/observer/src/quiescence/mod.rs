//! When a program is quiescent: none of its threads can run before one of the held reads returns.
//!
//! `sampler` has the questions that only the kernel can answer, and `sleep` reads from a system call when it
//! will end. `threads` keeps what is known of each thread. `detector` finds the moment at which all threads sleep, and `wait_policy` decides how long a thread
//! that is not at rest is waited for. These are pure: the tests beside them run a made-up scheduler.
//!
//! This folder hides how `/proc` is read, and which threads are given up. It never holds or answers a call.

pub(crate) mod detector;
mod processes;
pub(crate) mod sampler;
mod sleep;
mod threads;
pub(crate) mod wait_policy;

#[cfg(test)]
mod tests;
