//! `overlap`: not decided yet.
//!
//! Never passes.

use super::finding::{Finding, Status};
use crate::{evidence::RunEvidence, questions::Overlap};
use ids::CheckId;

pub(super) fn check(_asked: &Overlap, _runs: &[RunEvidence]) -> Finding {
    Finding {
        status: Status::Inconclusive,
        ..Finding::pass(CheckId::Overlap, "this version does not decide it yet")
    }
}
