//! Reports: pure functions from records to text.
//!
//! Never reads disk or clock, and never computes anything about a submission: everything in a report is in
//! the record. Text of a submission is escaped on its way.

mod causes;
mod change;
mod csv;
mod escape;
mod human;
mod json;
pub mod style;
mod summary;
mod words;

pub use change::{Change, Earlier, Standing};
pub use csv::{HandedIn, Identity, gradebook_head, gradebook_line, table_line};
pub use escape::{escape_block, escape_line};
pub use human::{age, human};
pub use json::{json, json_line};
pub use summary::{Summary, Truncate};
pub use words::{reason, verdict_word};
