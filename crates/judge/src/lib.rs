//! From what was seen of a submission to the account of it.
//!
//! `check` asks questions of the evidence, `mistakes` says which mistake a wrong total is, `verdict` turns the answers into points, and `record` is the
//! published form of both.
//! Hides how each question is decided and how each answer is worded.
//! Pure: never touches a disk, a process, a thread or a clock, so that equal evidence gives equal records.

#![forbid(unsafe_code)]

pub mod check;
pub mod evidence;
pub mod mistakes;
pub mod questions;
pub mod record;
mod source;
pub mod verdict;

pub use source::{MOST_BYTES, Source};
