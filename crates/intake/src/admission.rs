//! What became of a submission.

use crate::{refusal::Refusal, snapshot::Snapshot};

/// What became of a submission.
#[derive(Debug)]
pub enum Admission {
    /// It was copied, and the copy is what will be graded.
    Admitted(Snapshot),
    /// It cannot be graded as it is; why, first what concerns the whole and then in the order of the walk.
    Refused(Vec<Refusal>),
}
