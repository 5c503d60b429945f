//! End to end: the real program, as a person starts it, and what it answers, writes and leaves behind.
//!
//! One program, so that it is linked once. `cargo test -p grade --test it hostile::` runs the tests of one module.
//! All modules run side by side in one process, so no test changes what belongs to the process; a test
//! that needs all processors takes the lock of `support::processors`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod bad_input;
mod batch;
mod ci;
mod clusters;
mod containers;
mod exercises;
mod failures;
mod first_session;
mod grade;
mod gradebooks;
mod hostile;
mod interrupt;
mod kinds;
mod matrix;
mod nested;
mod progress;
mod published;
mod reports;
mod scale;
mod shards;
mod slurm;
mod standstill;
mod support;
mod watch;
