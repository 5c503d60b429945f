//! From what was seen of a submission to what a student and an instructor read.
//!
//! `check` asks questions of the evidence, `verdict` turns the answers into points, `record` is the published
//! form of both, and `report` makes text of records.
//! Hides how each question is decided and how each answer is worded.
//! Pure: never touches a disk, a process, a thread or a clock, so that equal evidence gives equal reports.

#![forbid(unsafe_code)]

pub mod check;
pub mod evidence;
pub mod record;
pub mod report;
pub mod verdict;
