//! Gradebooks of other systems, lists of a class, and what goes back to students, end to end: one class is graded once,
//! and every test makes its reports from a copy of what the batch wrote.

mod canvas;
mod damaged;
mod feedback;
mod graded;
mod moodle;
mod roster;
