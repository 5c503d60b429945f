//! Grading through the real program: records, replays, reports, and the other commands.

mod commands;
mod in_the_crate;
mod mistyped;
mod pictures;
mod records;
mod reports;
mod starters;
mod tampering;
mod tries;
mod unchanged;
