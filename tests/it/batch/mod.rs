//! A whole class, end to end: the same outputs however many are graded at a time and however often it is
//! stopped; nothing graded twice without a reason; no damaged file used again.
//!
//! `GRADE_KILLS=20 cargo test -p grade --test it batch::` kills more often.

mod across;
mod again;
mod alike;
pub(crate) mod class;
mod exports;
mod found;
mod kept_data;
mod many;
mod named;
mod stopped;
mod trouble;
