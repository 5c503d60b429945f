//! Reports in every format, end to end: made by the real program of real gradings, and read as their readers read
//! them.
//!
//! One class, with a submission for each way in which a grading can end, is graded once for all tests; another one,
//! with text that attacks every format, once for `strings`. `consumers` needs programs that the readers themselves
//! use: its documented command installs them.

mod agreement;
mod consumers;
mod github;
mod junit;
mod markdown;
mod page;
mod paths;
mod results;
mod strings;
