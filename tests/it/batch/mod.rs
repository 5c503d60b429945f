//! A whole class, end to end: the same outputs however many are graded at a time and however often it is
//! stopped; nothing graded twice without a reason; nothing believed that was touched.
//!
//! `GRADE_KILLS=20 cargo test --test batch` kills more often.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../common/mod.rs"]
mod common;

mod again;
mod alike;
mod found;
mod many;
mod scene;
mod stopped;
mod trouble;
