//! A submission whose grade has changed, and the line about it.
//!
//! Never decides whether a change is right or wrong, and never compares measured things: only verdict,
//! points and the answers of the checks.

use crate::words::verdict_word;
use ids::{CheckId, SubmissionId};
use judge::record::{Check, Record, Score, Status, Verdict};

/// The grade of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The outcome.
    verdict: Verdict,
    /// The points, if it was graded.
    score: Option<Score>,
    /// Each check's answer, what it earned and what it could have.
    checks: Vec<(CheckId, Status, u32, u32)>,
}

impl From<&Record> for Standing {
    fn from(record: &Record) -> Self {
        let answer = |check: &Check| (check.id, check.status, check.earned, check.possible);
        Self {
            verdict: record.verdict,
            score: record.score,
            checks: record.checks.iter().map(answer).collect(),
        }
    }
}

/// The grade of a submission before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier {
    /// There was no such submission.
    Nothing,
    /// There was one, and its grade is not known any more.
    Unknown,
    /// This grade.
    Was(Standing),
}

/// A submission whose grade has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which submission.
    pub id: SubmissionId,
    /// Its grade before.
    pub before: Earlier,
    /// Its grade now; `None` if there is no such submission any more.
    pub after: Option<Standing>,
    /// Why, if more is known than that the submission is new.
    pub why: Option<String>,
}

impl Change {
    /// What changed, as it stands behind the id.
    #[must_use]
    pub(crate) fn words(&self) -> String {
        let after = self.after.as_ref().map(Standing::words);
        let after = after.unwrap_or_else(|| "gone".to_owned());
        let what = match (&self.before, &self.after) {
            (Earlier::Nothing, _) => format!("new, {after}"),
            (Earlier::Unknown, _) => format!("not known -> {after}"),
            (Earlier::Was(before), Some(now)) if before.words() == after => {
                format!("{after} as before, but {}", differences(before, now))
            }
            (Earlier::Was(before), _) => format!("{} -> {after}", before.words()),
        };
        let why = self.why.iter().map(|why| format!(" ({why})"));
        format!(": {what}{}", why.collect::<String>())
    }
}

impl Standing {
    fn words(&self) -> String {
        match self.score {
            Some(score) => format!(
                "{} {}/{}",
                verdict_word(self.verdict),
                score.earned,
                score.possible
            ),
            None => verdict_word(self.verdict).to_owned(),
        }
    }

    /// A check's answer and points.
    fn check(&self, id: CheckId) -> Option<String> {
        let check = self.checks.iter().find(|(other, ..)| *other == id);
        check.map(|(_, status, earned, possible)| {
            format!("{} {earned}/{possible}", status_word(*status))
        })
    }
}

/// The checks whose answers have changed.
fn differences(before: &Standing, after: &Standing) -> String {
    let words = CheckId::ALL.into_iter().filter_map(|id| {
        let (old, new) = (before.check(id), after.check(id));
        let shown = |words: &Option<String>| words.clone().unwrap_or_else(|| "not asked".into());
        (old != new).then(|| format!("{id} {} -> {}", shown(&old), shown(&new)))
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        return "the checks are in another order".to_owned();
    }
    words.join(", ")
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Fail => "fail",
        Status::Skipped => "skipped",
        Status::Inconclusive => "inconclusive",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(earned: u32, checks: &[(CheckId, Status, u32, u32)]) -> Standing {
        Standing {
            verdict: Verdict::Fail,
            score: Some(Score {
                earned,
                possible: 10,
            }),
            checks: checks.to_vec(),
        }
    }

    fn words(before: Earlier, after: Option<Standing>) -> String {
        let change = Change {
            id: "alice".parse().unwrap(),
            before,
            after,
            why: Some("why".into()),
        };
        change.words()
    }

    #[test]
    fn every_kind_of_change_has_its_line() {
        let (low, high) = (standing(3, &[]), standing(8, &[]));
        for (before, after, expected) in [
            (
                Earlier::Was(low.clone()),
                Some(high.clone()),
                ": fail 3/10 -> fail 8/10 (why)",
            ),
            (Earlier::Was(low.clone()), None, ": fail 3/10 -> gone (why)"),
            (Earlier::Nothing, Some(low), ": new, fail 3/10 (why)"),
            (
                Earlier::Unknown,
                Some(high),
                ": not known -> fail 8/10 (why)",
            ),
        ] {
            assert_eq!(words(before, after), expected);
        }
    }

    #[test]
    fn equal_points_for_other_checks_are_a_change() {
        let run = |status, earned| (CheckId::Run, status, earned, 2);
        let total = |status, earned| (CheckId::Total, status, earned, 2);
        let before = standing(2, &[run(Status::Pass, 2), total(Status::Fail, 0)]);
        let after = standing(2, &[run(Status::Fail, 0), total(Status::Pass, 2)]);
        assert_eq!(
            words(Earlier::Was(before), Some(after)),
            ": fail 2/10 as before, but run pass 2/2 -> fail 0/2, total fail 0/2 -> pass 2/2 (why)"
        );
    }
}
