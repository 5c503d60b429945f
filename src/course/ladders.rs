//! `[[ladders]]` of `exercise.toml`: hints for a student whose work fails a check, in small steps.
//!
//! Hides how a ladder is chosen for an answer. Never knows which step a student has seen.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{error::Error, toml_file::mistake};
use ids::CheckId;
use judge::verdict::CheckSpec;

/// Hints for one check, or for one mistake that fails it, from a small question to a name to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// The check that fails.
    pub check: CheckId,
    /// The mistake; none for every mistake that has no ladder of its own.
    pub diagnosis: Option<String>,
    /// The hints, at least one.
    pub steps: Vec<String>,
}

impl Ladder {
    /// The ladder for a failed check: that of its mistake, or else that of the check.
    #[must_use]
    pub fn choose<'a>(
        ladders: &'a [Self],
        check: CheckId,
        diagnosis: Option<&str>,
    ) -> Option<&'a Self> {
        let with = |diagnosis: Option<&str>| {
            let mut all = ladders.iter();
            all.find(|ladder| ladder.check == check && ladder.diagnosis.as_deref() == diagnosis)
        };
        with(diagnosis).or_else(|| with(None))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LadderFile {
    check: Spanned<CheckId>,
    #[serde(default)]
    diagnosis: Option<String>,
    steps: Spanned<Vec<String>>,
}

/// The ladders, each of a check that the exercise has, with steps, and only once.
pub(super) fn ladders(
    path: &Path,
    text: &str,
    list: Vec<LadderFile>,
    checks: &[CheckSpec],
) -> Result<Vec<Ladder>, Error> {
    let mut ladders: Vec<Ladder> = Vec::new();
    for file in list {
        let id = *file.check.get_ref();
        let wrong = |offset, what: &str| mistake(path, text, offset, what);
        let at = file.check.span().start;
        if !checks.iter().any(|check| check.id == id) {
            let what = format!("there is a ladder for `{id}`, which this exercise does not ask");
            return Err(
                wrong(at, &what).with_hint("add a `[[checks]]` with this id, or remove the ladder")
            );
        }
        let is_known = |ladder: &Ladder| ladder.check == id && ladder.diagnosis == file.diagnosis;
        if ladders.iter().any(is_known) {
            let of = file
                .diagnosis
                .map(|name| format!(" and `{}`", name.escape_debug()));
            let what = format!("there are two ladders for `{id}`{}", of.unwrap_or_default());
            return Err(wrong(at, &what)
                .with_hint("put the steps of both into one, or name another `diagnosis`"));
        }
        let steps = file.steps.get_ref();
        if steps.is_empty() || steps.iter().any(|step| step.trim().is_empty()) {
            let what = "a ladder has at least one step, and no step is empty";
            return Err(wrong(file.steps.span().start, what));
        }
        ladders.push(Ladder {
            check: id,
            diagnosis: file.diagnosis,
            steps: file.steps.into_inner(),
        });
    }
    Ok(ladders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_of_the_mistake_goes_before_that_of_the_check() {
        let ladder = |check, diagnosis: Option<&str>| Ladder {
            check,
            diagnosis: diagnosis.map(str::to_owned),
            steps: vec!["look".to_owned()],
        };
        let all = [
            ladder(CheckId::Total, None),
            ladder(CheckId::Total, Some("race")),
            ladder(CheckId::MultiThreaded, Some("race")),
        ];
        let chosen = |check, diagnosis| Ladder::choose(&all, check, diagnosis);
        assert_eq!(chosen(CheckId::Total, Some("race")), Some(&all[1]));
        assert_eq!(chosen(CheckId::Total, Some("other")), Some(&all[0]));
        assert_eq!(chosen(CheckId::Total, None), Some(&all[0]));
        assert_eq!(chosen(CheckId::MultiThreaded, None), None);
        assert_eq!(chosen(CheckId::Build, Some("race")), None);
    }
}
