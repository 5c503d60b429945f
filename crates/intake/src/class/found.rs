//! What is found in an instructor's folder.
//!
//! Never touches the disk.

use ids::SubmissionId;

use crate::source::Source;

/// What is in an instructor's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// How the folder was understood: `Canvas export`, `a folder or an archive for each student`.
    pub layout: String,
    /// One for each student, in byte order of the ids.
    pub submissions: Vec<Found>,
    /// Everything else, in byte order of the names.
    pub ignored: Vec<Ignored>,
}

/// One student's submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The student's id.
    pub id: SubmissionId,
    /// Whether a digest in the id tells it from another student of nearly the same name.
    pub is_told_apart: bool,
    /// Who handed it in, where the system says so: several people of a group.
    pub people: Vec<Person>,
    /// What will be graded: the last attempt. An archive without a crate is no attempt if another archive of
    /// the same student has one.
    pub source: Source,
    /// All attempts, the last one last; never empty.
    pub attempts: Vec<Attempt>,
}

/// A person, as the system knows them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub name: Option<String>,
    /// The number that the school gave them.
    pub sid: Option<String>,
    /// Their address.
    pub email: Option<String>,
}

/// One time that a student handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its name in the instructor's folder, or with the student's folder before it. Safe to print.
    pub name: String,
    /// Where it is, and whether it is a folder or an archive.
    pub source: Source,
    /// Whether the system marked it as late.
    pub is_late: bool,
    /// When it was handed in, where the system says so: `2026-09-24 21:26:00`.
    pub date: Option<String>,
}

/// Something in the folder that is no submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Its name. Safe to print.
    pub name: String,
    /// Why it is none, to follow the name: a sentence without full stop.
    pub why: String,
}
