//! Reports: pure functions from records to what people and programs read.
//!
//! `entry` is what a report is made from, `format` names the forms, and `render` chooses the function that makes one.
//! Hides how each form looks, and how it makes text of a submission harmless: one place for each form escapes.
//! Never reads a disk or a clock, and never computes anything about a submission: everything in a report is in the
//! record.

#![forbid(unsafe_code)]

mod across;
mod brief;
mod causes;
mod change;
mod class_report;
mod classroom;
mod csv;
mod entry;
mod escape;
mod exercism;
mod explain;
mod format;
mod github;
mod gradescope;
mod hint;
mod human;
mod invitation;
mod json;
mod junit;
mod lines;
mod markdown;
mod markdown_text;
mod page;
mod picture;
mod place;
mod recognise;
mod render;
mod sample;
mod sarif;
mod separator;
mod since;
mod slow;
mod slow_picture;
pub mod style;
mod summary;
mod timeline;
mod trace;
mod words;
mod xml;

pub use across::{Across, Cell, Column, Row};
pub use brief::{Frame, brief, fitted};
pub use change::{Change, Earlier, Standing};
pub use class_report::ClassReport;
pub use csv::{gradebook_head, gradebook_lines, table_line};
pub use entry::{ClassFacts, Context, Entry, HandedIn, Person};
pub use escape::{defuse_ci_command, escape_block, escape_line};
pub use explain::{explain_check, explain_list, explain_mistake};
pub use format::Format;
pub use hint::{Hint, at_work, hint};
pub use human::{age, human};
pub use invitation::invitation;
pub use json::{json, json_line};
pub use markdown_text::sentence as markdown_line;
pub use picture::Screen;
pub use recognise::{HEAD, is_report};
pub use render::{class, one};
pub use separator::Separator;
pub use since::since;
pub use summary::{Summary, Truncate};
pub use words::{reason, verdict_word};
