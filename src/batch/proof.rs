//! The proof that this machine isolates and observes, before a submission is built or run.
//!
//! Never grades.

use super::events::{ATTACKING, OBSERVING, Progress, ProgressEvent};
use crate::{
    course::Exercise,
    fault::{Fault, FaultKind},
    grading::prove_observer,
};
use ids::CheckId;
use sandbox::{AttackOutcome, Sandbox};

/// Prove sandbox and observer, before a submission is built or run.
pub(super) fn prove_machine(
    exercise: &Exercise,
    sandbox: &Sandbox,
    progress: &dyn Progress,
) -> Result<(), Fault> {
    progress.event(ProgressEvent::Preparing(ATTACKING));
    prove(sandbox, &sandbox.self_test()?)?;
    let has_server = exercise
        .slow
        .as_ref()
        .is_some_and(|slow| slow.server.is_some());
    if has_server {
        prove(sandbox, &observer::attack_as_client(sandbox)?)?;
    }
    let mut checks = exercise.checks.iter();
    if exercise.slow.is_some() || checks.any(|check| check.id == CheckId::MultiThreaded) {
        progress.event(ProgressEvent::Preparing(OBSERVING));
        prove_observer(sandbox)?;
    }
    Ok(())
}

/// The attacks of the self-test must have failed before a submission runs.
fn prove(sandbox: &Sandbox, attacks: &[AttackOutcome]) -> Result<(), Fault> {
    match attacks.iter().find(|attack| attack.is_breach()) {
        None => Ok(()),
        Some(attack) => {
            let message = format!(
                "failed to isolate: `{}` got through, and tier {} promises to stop it",
                attack.name,
                sandbox.tier()
            );
            Err(Fault::new(FaultKind::Sandbox, message)
                .because(&attack.detail)
                .hint("see `grade doctor`"))
        }
    }
}
