//! Grading through the real program: records, replays, reports, and the other commands.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../common/mod.rs"]
mod common;

mod commands;
mod mistyped;
mod records;
mod reports;
mod tampering;
