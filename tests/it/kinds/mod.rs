//! Kinds of exercises: small courses that use one kind of data or of question each, with a right and a wrong program.

mod asked;
mod files;
mod generated;
mod made;
mod saved;
mod served;
