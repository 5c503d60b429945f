//! `order`: not decided yet.
//!
//! Never passes.

use super::finding::{Finding, Status};
use crate::{evidence::RunEvidence, questions::OrderRule};
use ids::CheckId;

pub(super) fn check(_rules: &[OrderRule], _runs: &[RunEvidence]) -> Finding {
    Finding {
        status: Status::Inconclusive,
        ..Finding::pass(CheckId::Order, "this version does not decide it yet")
    }
}
