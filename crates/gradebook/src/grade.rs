//! What goes into a gradebook: the points of a submission, and whose they are.
//!
//! Never knows the gradebook.

use ids::SubmissionId;
use report::Person;

/// A system that numbers the people of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// By a number that a user has in all courses.
    Canvas,
    /// By a number that a participant has in one assignment.
    Moodle,
}

/// Whose a submission is, as the system names them from which it was downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The system.
    pub system: System,
    /// Its number for them.
    pub number: String,
    /// Its form of their name.
    pub name: String,
}

/// The grade of a submission.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// The submission.
    pub submission: SubmissionId,
    /// Who handed it in: several people of a group; empty where nobody says so.
    pub people: Vec<Person>,
    /// The account from which it was downloaded, where its name tells.
    pub account: Option<Account>,
    /// How many points of how many; nothing where it was *not graded*.
    pub points: Option<(u32, u32)>,
}
