//! Load and validate the course and its exercises.
//!
//! Hides the files' formats: other rooms see values that hold together (points add up, ranges are
//! ranges, every check is known). A mistake in a file is an [`Error`] that names file, line and remedy.
//! Never runs anything, and never reads a submission.
//!
//! An unknown key is an error, and `format-version` separates an older file from a newer one.

mod catalog;
mod checks;
mod diagnoses;
mod error;
mod exercise_toml;
mod grader_toml;
mod kinds_of_values;
mod ladders;
mod mistakes;
mod profile;
mod questions;
mod recipe;
mod seeds;
mod slow;
mod submission_pattern;
mod tier;
mod toml_file;
mod units;

pub use catalog::RESERVED_NAMES;
pub use error::Error;
pub use exercise_toml::Exercise;
pub use grader_toml::{AllowedCrate, Course};
pub use ladders::Ladder;
pub use mistakes::NamedMistake;
pub use profile::Profile;
pub use questions::Given;
pub use seeds::SeedPlan;
pub use slow::SlowPlan;
pub use submission_pattern::{Place, SubmissionPattern};
pub use tier::IsolationPolicy;

pub(crate) use toml_file::line_of;
