//! Reports in every format, end to end: made by the real program of real gradings, and read as their readers read
//! them.
//!
//! One class, with a submission for each way in which a grading can end, is graded once for all tests.

mod github;
mod markdown;
mod page;
mod paths;
