//! `output`: not decided yet.
//!
//! Never passes.

use super::finding::{Finding, Status};
use crate::{evidence::RunEvidence, questions::Questions};
use ids::CheckId;

pub(super) fn check(_questions: &Questions, _runs: &[RunEvidence]) -> Finding {
    Finding {
        status: Status::Inconclusive,
        ..Finding::pass(CheckId::Output, "this version does not decide it yet")
    }
}
