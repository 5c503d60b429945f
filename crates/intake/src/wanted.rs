//! Which crate is looked for in what was handed in.
//!
//! Never touches the disk.

use std::{os::unix::ffi::OsStrExt as _, path::Path};

use ids::ExerciseId;

/// Which crate is looked for in what was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// What the exercise is called: of several crates, the one of this name is graded.
    pub exercise: &'a str,
    /// Where a checkout of the course has the exercise; empty if that is not known.
    pub checkout: &'a Path,
    /// The exercises of which a submission may have crates, if it is for several. Then a crate of another name is not
    /// meant, and there may be none that is. Empty if the submission is for this exercise alone.
    pub among: &'a [ExerciseId],
}

impl<'a> Wanted<'a> {
    /// Where a checkout of the course has the exercise, `/` between names; empty if that is not known.
    pub(crate) fn checkout_bytes(&self) -> &'a [u8] {
        self.checkout.as_os_str().as_bytes()
    }
}
