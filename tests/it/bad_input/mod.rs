//! Bad input of every kind, through the real program: the exit code, an error that names the file, the
//! place and the remedy, nothing lost and nothing left behind.

mod course_files;
mod damaged;
mod machine;
mod places;
mod submissions;
