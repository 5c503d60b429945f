//! What reports are made from: records, with what the class knows of each.

use std::time::Duration;

use ids::{CheckId, Digest, ExerciseId, Seed, SubmissionId};
use judge::record::Record;

use crate::{picture::Screen, separator::Separator, summary::Summary};

/// A graded submission, and what is known of it beside its record.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The record. Its runs have their usage and timeline where these are known.
    pub record: Record,
    /// How it was handed in, where that is known.
    pub handed_in: Option<HandedIn>,
    /// Who handed it in: several people of a group; empty where nobody says so.
    pub people: Vec<Person>,
    /// The digest of its source without comments, layout and names of files, where that is known.
    pub fingerprint: Option<Digest>,
    /// Where the submission's crate is, as whoever reads the report knows it: below the root of a repository, empty
    /// for the root itself. `None` where that is not known; then no report names a place in a repository.
    pub folder: Option<String>,
}

impl Entry {
    /// A record of which nothing else is known.
    #[must_use]
    pub const fn of(record: Record) -> Self {
        Self {
            record,
            handed_in: None,
            people: Vec::new(),
            fingerprint: None,
            folder: None,
        }
    }
}

/// How a student handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedIn {
    /// How many times.
    pub attempts: usize,
    /// Whether what counts was late.
    pub is_late: bool,
}

/// A person who handed in, as the exporting system or a list of the class knows them. Empty where it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The number that the school gave them.
    pub sid: String,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their login: on GitHub, or at the school.
    pub login: String,
    /// The group that hands in together, by its name.
    pub group: String,
    /// The other submissions of the same person: it is not certain which one counts.
    pub others: Vec<SubmissionId>,
}

/// What is known of a class as a whole.
#[derive(Debug)]
pub struct ClassFacts {
    /// The exercise.
    pub exercise: ExerciseId,
    /// On which data everybody was graded.
    pub seeds: Vec<Seed>,
    /// The checks that any record has, in order.
    pub checks: Vec<CheckId>,
    /// Whether the people of any submission are known.
    pub has_people: bool,
    /// What separates the cells of the gradebook.
    pub separator: Separator,
    /// How the class did.
    pub summary: Summary,
}

/// What a report depends on besides records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// How much time has passed since 1970, for the ages of files.
    pub now: Duration,
    /// What changed since the last try, if there was one: see [`since`](crate::since()).
    pub since: Option<String>,
    /// Why another copy of the work may be meant than the one that was graded.
    pub elsewhere: Option<String>,
    /// The terminal that the report is for; `None` where nothing can be drawn.
    pub screen: Option<Screen>,
    /// Whether the work has a `static mut`, where that is known: see [`invitation`](crate::invitation()).
    pub has_static_mut: bool,
    /// Whether a person wants to see everything, of what passes as well.
    pub is_detailed: bool,
}
