//! The instructor's own pattern for names, where a system is not known.
//!
//! Hides the regular expressions. The named group `student` says whose an entry is; `attempt` and `date`, if
//! there are any, in which order a student's entries came. The time to match a name is bounded by the lengths
//! of pattern and name, whatever the pattern is. Never touches the disk.

use regex_lite::{Regex, RegexBuilder};

use super::{
    archive_names::stem,
    date,
    systems::{Content, Exported, System},
};

const STUDENT: &str = "student";
const ATTEMPT: &str = "attempt";
const DATE: &str = "date";
/// Nobody types a longer one.
const LONGEST: usize = 2_000;
/// The most memory of a compiled pattern, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// Why a text is no pattern for names; worded to follow "the pattern ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is far longer than any pattern.
    #[error("has more than {LONGEST} characters")]
    TooLong,
    /// It is no regular expression.
    #[error("is no regular expression: {0}")]
    Syntax(String),
    /// Nothing in it says whose an entry is.
    #[error("has no group `(?<{STUDENT}>…)`, which says whose an entry is")]
    NoStudent,
    /// A group that means nothing.
    #[error("has a group `{0}`; `{STUDENT}`, `{ATTEMPT}` and `{DATE}` have a meaning")]
    UnknownGroup(String),
}

/// The instructor's own pattern for names.
#[derive(Debug, Clone)]
pub struct NamePattern(Regex);

impl NamePattern {
    /// Read a pattern.
    ///
    /// # Errors
    /// It is no regular expression, or has no group `student`, or one that means nothing.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        if text.len() > LONGEST {
            return Err(PatternError::TooLong);
        }
        let regex = RegexBuilder::new(text)
            .size_limit(MOST_BYTES)
            .build()
            .map_err(|error| PatternError::Syntax(error.to_string()))?;
        let mut groups = regex.capture_names().flatten();
        if let Some(other) = groups.find(|name| ![STUDENT, ATTEMPT, DATE].contains(name)) {
            return Err(PatternError::UnknownGroup(other.to_owned()));
        }
        if !regex.capture_names().flatten().any(|name| name == STUDENT) {
            return Err(PatternError::NoStudent);
        }
        Ok(Self(regex))
    }

    /// The pattern as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What the name of an entry says; `None` if it does not match.
    pub(super) fn read(&self, name: &str) -> Option<Exported> {
        let captures = self.0.captures(name)?;
        let group = |name| captures.name(name).map(|found| found.as_str());
        let student = stem(group(STUDENT)?).trim();
        if student.is_empty() {
            return None;
        }
        // The last number in it: `v2`, `attempt 10`.
        let attempt = group(ATTEMPT).unwrap_or_default();
        let attempt = attempt
            .split(|c: char| !c.is_ascii_digit())
            .rfind(|part| !part.is_empty());
        let attempt = attempt.and_then(|digits| digits.parse().ok());
        Some(Exported {
            system: System::Pattern,
            identity: student.to_owned(),
            label: student.to_owned(),
            date: group(DATE).map(|text| date::read(text).unwrap_or_else(|| text.to_owned())),
            file: attempt.unwrap_or_default(),
            is_late: false,
            content: Content::Work,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_gives_student_attempt_and_date() {
        let pattern =
            NamePattern::new(r"^hw1-(?<student>[a-z]+)(-v(?<attempt>\d+))?(@(?<date>[^.]+))?")
                .unwrap();
        let read = |name: &str| {
            pattern
                .read(name)
                .map(|one| (one.label, one.file, one.date))
        };
        let date = |text: &str| Some(text.to_owned());
        assert_eq!(read("hw1-jane.zip"), Some(("jane".into(), 0, None)));
        assert_eq!(
            read("hw1-jane-v10@2026-09-24.zip"),
            Some(("jane".into(), 10, date("2026-09-24 00:00:00")))
        );
        assert_eq!(
            read("hw1-jane@monday.zip"),
            Some(("jane".into(), 0, date("monday")))
        );
        assert_eq!(read("other.zip"), None);
        let all = NamePattern::new("(?<student>.*)").unwrap();
        assert_eq!(all.read("jane.tar.gz").unwrap().label, "jane");
        assert_eq!(all.read(""), None);
    }

    #[test]
    fn a_pattern_that_says_nothing_is_refused() {
        let error = |text: &str| NamePattern::new(text).unwrap_err();
        assert_eq!(error("(?<attempt>.)"), PatternError::NoStudent);
        assert_eq!(
            error("(?<student>.)(?<x>.)"),
            PatternError::UnknownGroup("x".into())
        );
        assert_eq!(error(&"x".repeat(LONGEST + 1)), PatternError::TooLong);
        for text in ["(", "(?<student>(a{1000}){1000})"] {
            assert!(matches!(error(text), PatternError::Syntax(_)), "{text}");
        }
    }
}
