//! The part of a record that says whose work was graded, and which copy of it.
//!
//! Never names anything that differs between two gradings of the same files, but for a submission that a person
//! named by its path.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evidence::LeftOut as LeftOutEvidence;
use ids::{Digest, SubmissionId};

/// Whose work, and which state of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Submission {
    /// Whose work.
    pub id: SubmissionId,
    /// The digest of all its files; null if they could not be taken in.
    pub digest: Option<Digest>,
    /// What was handed in but not graded, such as links and files with names that other systems cannot have.
    /// The first ones; see `left_out_more`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The folder or archive that was graded, and its newest file. Absent in the records of a class, which are
    /// the same for the same files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graded: Option<Graded>,
    /// How many things besides were left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out_more: usize,
}

/// The copy of the work that was graded, so that nobody edits one copy and grades another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Graded {
    /// The absolute path of the folder or archive.
    pub path: String,
    /// Of its files, the one that was changed last; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Newest>,
}

/// The file that was changed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Newest {
    /// Its path in the submission.
    pub path: String,
    /// When it was changed, as RFC 3339 spells it, in UTC and whole seconds.
    pub modified: String,
}

/// Something that was handed in but not graded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct LeftOut {
    /// Where it is in the submission.
    pub path: String,
    /// Why, to follow the path.
    pub why: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl From<&LeftOutEvidence> for LeftOut {
    fn from(left_out: &LeftOutEvidence) -> Self {
        Self {
            path: left_out.path.clone(),
            why: left_out.why.clone(),
        }
    }
}
