//! What a gradebook of any system has: a column that takes the grade, its maximum, and a row for each student.
//!
//! Hides nothing: it is what `canvas` and `moodle` find, and what `merge` works on. Never changes the file.

use crate::{header::SameName, points::Points};

/// A gradebook that was understood.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// The column that takes the grade.
    pub(crate) column: usize,
    /// Its name.
    pub(crate) title: String,
    /// The most that it takes, and where the file says so: `Points Possible on line 2`.
    pub(crate) maximum: Option<(Points, String)>,
    /// What stands before decimals.
    pub(crate) decimal: char,
    /// The students.
    pub(crate) students: Vec<Student>,
}

/// The row of a student.
#[derive(Debug)]
pub(crate) struct Student {
    pub(crate) row: usize,
    /// Who it is, for a person.
    pub(crate) shown: String,
    /// By what they are found.
    pub(crate) keys: Keys,
    /// Why their cell must stay as it is, if it must.
    pub(crate) locked: Option<String>,
    /// Whether it is no real student: nobody misses their grade.
    pub(crate) is_test: bool,
}

/// What a row says of a person; empty where it does not.
#[derive(Debug, Default, Clone)]
pub(crate) struct Keys {
    /// The system's own number.
    pub(crate) number: String,
    /// The number of the school.
    pub(crate) sid: String,
    /// The address.
    pub(crate) email: String,
    /// The login.
    pub(crate) login: String,
    /// The name.
    pub(crate) name: String,
}

/// Why a file is no gradebook that grades can go into, to follow its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// A column that every such file has is not there.
    #[error("it has no column `{column}` on line {line}; {system} gives it one")]
    NoColumn {
        /// Its name.
        column: &'static str,
        /// The line of the header.
        line: usize,
        /// Who makes such files.
        system: &'static str,
    },
    /// Two columns have a name that only one may have.
    #[error("{0}")]
    SameName(String),
    /// A row has fewer cells than the column that takes the grade.
    #[error("line {line} has {cells} cells, and the grade goes into cell {wanted}")]
    ShortRow {
        /// Counted from one.
        line: usize,
        /// How many it has.
        cells: usize,
        /// The column, counted from one.
        wanted: usize,
    },
    /// There is nobody in it.
    #[error("it has no line of a student")]
    NoStudents,
    /// No assignment of the file can take grades.
    #[error("it has no assignment that takes grades")]
    NoAssignment,
    /// Several assignments can take the grades.
    #[error("it has several assignments: {}", titles.join(", "))]
    SeveralAssignments {
        /// Their titles.
        titles: Vec<String>,
    },
    /// The assignment that was named is not there, or several are called so.
    #[error("{} of its assignments are called `{wanted}`; it has {}", number(*count), titles.join(", "))]
    UnknownAssignment {
        /// What was named.
        wanted: String,
        /// How many are called so.
        count: usize,
        /// The titles that there are.
        titles: Vec<String>,
    },
    /// The maximum is no number: a scale of words.
    #[error("the maximum on line {line} is `{text}`, and no number")]
    NoMaximum {
        /// Counted from one.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Not all students have the same maximum.
    #[error("the maximum is {first} on line {first_line} and {second} on line {second_line}")]
    Maxima {
        /// One.
        first: Points,
        /// Where it is.
        first_line: usize,
        /// The other.
        second: Points,
        /// Where it is.
        second_line: usize,
    },
    /// The exercise is worth another number of points.
    #[error("`{title}` is worth {maximum} points ({place}), and the exercise {possible}")]
    OtherMaximum {
        /// The assignment.
        title: String,
        /// What it is worth in the file.
        maximum: Points,
        /// Where the file says so.
        place: String,
        /// What the exercise is worth.
        possible: u32,
    },
    /// The scale that was asked for is above the maximum.
    #[error("`{title}` is worth {maximum} points ({place}), and `--scale` says {scale}")]
    ScaleTooHigh {
        /// The assignment.
        title: String,
        /// What it is worth in the file.
        maximum: Points,
        /// Where the file says so.
        place: String,
        /// What was asked for.
        scale: Points,
    },
    /// No student of the file has a grade here, and no grade a student there.
    #[error("none of its {students} students handed in one of the {grades} submissions")]
    NobodyInCommon {
        /// How many are in the file.
        students: usize,
        /// How many submissions there are.
        grades: usize,
    },
}

/// How many, in front of "of its".
fn number(count: usize) -> String {
    match count {
        0 => "none".to_owned(),
        _ => count.to_string(),
    }
}

impl SheetError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        let as_downloaded = "name the file as it was downloaded, with the site in English: in Canvas the gradebook (Export), in \
                             Moodle the grading worksheet of the assignment";
        match self {
            Self::NoColumn { .. } | Self::NoStudents | Self::NoAssignment => as_downloaded.to_owned(),
            Self::SameName(_) => "rename one of them, or download the file again".to_owned(),
            Self::ShortRow { .. } => "repair that line, or download the file again".to_owned(),
            Self::SeveralAssignments { .. } | Self::UnknownAssignment { .. } => {
                "name one with `--assignment`: its title, or the number in parentheses".to_owned()
            }
            Self::NoMaximum { .. } => {
                "let the assignment have points and no scale of words, and download the file again".to_owned()
            }
            Self::Maxima { .. } => "download the worksheet of one assignment".to_owned(),
            Self::OtherMaximum { maximum, .. } => format!(
                "`--scale {maximum}` turns full marks into {maximum} points; or change the points there or in exercise.toml"
            ),
            Self::ScaleTooHigh { maximum, .. } => {
                format!("choose `--scale {maximum}` or less, or raise the points there")
            }
            Self::NobodyInCommon { .. } => {
                "name the file of this class; or `--roster FILE`, a list that says whose each submission is".to_owned()
            }
        }
    }
}

impl From<SameName> for SheetError {
    fn from(error: SameName) -> Self {
        Self::SameName(error.to_string())
    }
}
