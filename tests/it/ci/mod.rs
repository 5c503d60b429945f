//! Pull requests, end to end: real repositories with real branches, and what of them is graded.

mod graded;
mod hostile;
mod repository;
