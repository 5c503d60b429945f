//! The result of admitting a submission.

use crate::{refusal::Refusal, snapshot::Snapshot};

/// The result of admitting a submission.
#[derive(Debug)]
pub enum Admission {
    /// It was copied, and the copy is what will be graded.
    Admitted(Snapshot),
    /// It cannot be graded as it is. The reasons: first those that concern the whole, then the others in the
    /// order of the walk.
    Refused(Vec<Refusal>),
}
