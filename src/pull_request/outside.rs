//! What a pull request changes besides submissions, and what that would have been.
//!
//! Hides the wording. Never touches the disk.

/// A path that was changed outside of submissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// The path in the repository. Not safe to print.
    pub path: String,
    /// What it is.
    pub kind: Kind,
}

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What is asked, what it is worth, or a reference.
    Course,
    /// What a CI system runs.
    Workflow,
    /// The work for an exercise that the course does not have.
    NoExercise(String),
    /// A folder that can be no student's.
    NoStudent,
    /// Anything else.
    Other,
}

impl Kind {
    /// What it is and what became of it, to follow the path. The name in it is not safe to print.
    #[must_use]
    pub fn predicate(&self) -> String {
        match self {
            Self::Course => "is of the course; that of the base was used".to_owned(),
            Self::Workflow => {
                "is what the CI system runs; it had no effect on the grading".to_owned()
            }
            Self::NoExercise(name) => {
                format!("is for `{name}`, which is no exercise of the base; it was not graded")
            }
            Self::NoStudent => {
                "is in a folder whose name cannot be a student's; it was not graded".to_owned()
            }
            Self::Other => "is in no submission; it was not used".to_owned(),
        }
    }
}

/// Whether a path of the repository is what a CI system runs.
pub(super) fn is_workflow(path: &[u8]) -> bool {
    path.starts_with(b".github/")
        || path.starts_with(b".gitlab/")
        || matches!(path, b".gitlab-ci.yml" | b"Jenkinsfile")
}

/// A path as text; what is not UTF-8 is shown by its number.
pub(super) fn text_of(path: &[u8]) -> String {
    let mut text = String::new();
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    text
}
