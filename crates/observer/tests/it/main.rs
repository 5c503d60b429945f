//! The observer through a real supervisor, on programs whose concurrency is known.
//!
//! One program, so that it is linked once. `cargo test -p read-observer --test it exact::` runs the tests of
//! one module.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod exact;
mod observed;
mod served;
mod slow;
mod table;
mod tiers;
mod workshop;
