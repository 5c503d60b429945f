//! Exercises are data: new ones need folders and a text file, and no change of the program.

mod checked;
mod new_exercise;
mod schema;
