//! What the tests and the benchmarks of several packages share.
//!
//! For tests only: it panics where a test should fail.

pub mod busy;
pub mod changed_program;
pub mod listener;
pub mod mutate;
pub mod others;
pub mod race;
