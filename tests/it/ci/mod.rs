//! Pull requests, end to end: real repositories with real branches, and what of them is graded.

mod attacks;
mod graded;
mod lint;
mod refused;
mod report_place;
mod repository;
pub(crate) mod runner;
mod steps;
