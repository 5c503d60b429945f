//! How large a dataset may be, and the error of a recipe that cannot be followed.
//!
//! Never checks anything.

/// The most files in one dataset that an exercise or its program writes down.
pub(super) const MOST_FILES: u64 = 20_000;
/// The most bytes in all of them.
pub(super) const MOST_BYTES: u64 = 64 << 20;

/// Why a recipe cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct RecipeError {
    /// Which of the kinds of files has it, from 0, where there are several.
    pub at: Option<usize>,
    /// The wrong parameter, as the file calls it.
    pub key: &'static str,
    pub(super) problem: String,
}
