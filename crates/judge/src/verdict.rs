//! From findings and points to a verdict and a score.
//!
//! Pure, so that old findings can be scored again after the points were changed. Never sees evidence.

use crate::check::{Finding, Status};
use ids::CheckId;

/// One check of an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckSpec {
    /// Which.
    pub id: CheckId,
    /// What passing it is worth.
    pub points: u32,
    /// What to try when it fails and nothing more exact is known.
    pub hint: Option<String>,
}

/// A submission's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every check passed.
    Pass,
    /// Some check failed, and each had an answer.
    Fail,
    /// The machine left a question open. Never zero points: no points at all.
    NotGraded,
}

/// Points, in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Of the checks that passed.
    pub earned: u32,
    /// Of all checks.
    pub possible: u32,
}

/// Score `findings` by `rubric`. A check that has points but no finding is an open question.
#[must_use]
pub fn decide(findings: &[Finding], rubric: &[CheckSpec]) -> (Verdict, Option<Score>) {
    let mut score = Score {
        earned: 0,
        possible: 0,
    };
    let mut verdict = Verdict::Pass;
    for check in rubric {
        let finding = findings.iter().find(|finding| finding.id == check.id);
        score.possible = score.possible.saturating_add(check.points);
        match finding.map(|finding| finding.status) {
            Some(Status::Pass) => score.earned = score.earned.saturating_add(check.points),
            // A skipped check follows from one that failed.
            Some(Status::Fail | Status::Skipped) => verdict = Verdict::Fail,
            Some(Status::Inconclusive) | None => return (Verdict::NotGraded, None),
        }
    }
    (verdict, Some(score))
}

/// What a check with this answer earns.
#[must_use]
pub fn earned(status: Status, points: u32) -> u32 {
    if status == Status::Pass { points } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Details;

    fn scored(statuses: &[Status]) -> (Verdict, Option<Score>) {
        let findings: Vec<_> = CheckId::ALL
            .into_iter()
            .zip(statuses)
            .map(|(id, &status)| Finding {
                id,
                status,
                message: String::new(),
                diagnosis: None,
                hint: None,
                details: Details::default(),
            })
            .collect();
        let rubric: Vec<_> = CheckId::ALL
            .into_iter()
            .zip([1, 2, 3, 4])
            .map(|(id, points)| CheckSpec {
                id,
                points,
                hint: None,
            })
            .collect();
        decide(&findings, &rubric)
    }

    #[test]
    fn points_are_those_of_the_checks_that_passed() {
        use Status::{Fail, Pass, Skipped};
        let of = |earned| {
            Some(Score {
                earned,
                possible: 10,
            })
        };
        assert_eq!(scored(&[Pass; 4]), (Verdict::Pass, of(10)));
        assert_eq!(scored(&[Pass, Pass, Fail, Pass]), (Verdict::Fail, of(7)));
        assert_eq!(
            scored(&[Fail, Skipped, Skipped, Skipped]),
            (Verdict::Fail, of(0))
        );
    }

    #[test]
    fn an_open_question_is_not_graded_and_never_zero() {
        use Status::{Fail, Inconclusive, Pass};
        assert_eq!(
            scored(&[Pass, Pass, Pass, Inconclusive]),
            (Verdict::NotGraded, None)
        );
        assert_eq!(
            scored(&[Fail, Pass, Pass, Inconclusive]),
            (Verdict::NotGraded, None)
        );
        assert_eq!(scored(&[Pass, Pass]), (Verdict::NotGraded, None));
    }
}
