//! `[[ladders]]` of `grader.toml` and of `exercise.toml`: hints for a student whose work fails a check, in small steps.
//!
//! The course has those that help in every exercise. An exercise takes them, but where it has one of its own.
//! Hides how a ladder is chosen for an answer. Never knows which step a student has seen.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{diagnoses::Diagnoses, error::Error, toml_file::mistake};
use ids::{CheckId, ExerciseId};
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
    diagnosis: Option<Spanned<String>>,
    steps: Spanned<Vec<String>>,
}

/// The ladders of an exercise: its own, each of a check that it has, and those of the course for its checks, with the
/// name of the exercise for `EXERCISE`.
pub(super) fn of_exercise(
    (path, text): (&Path, &str),
    list: Vec<LadderFile>,
    checks: &[CheckSpec],
    (of_course, id): (&[Ladder], &ExerciseId),
    names: &Diagnoses,
) -> Result<Vec<Ladder>, Error> {
    let is_asked = |id: CheckId| checks.iter().any(|check| check.id == id);
    if let Some(file) = list.iter().find(|file| !is_asked(*file.check.get_ref())) {
        let id = file.check.get_ref();
        let what = format!("there is a ladder for `{id}`, which this exercise does not ask");
        return Err(mistake(path, text, file.check.span().start, what)
            .with_hint("add a `[[checks]]` with this id, or remove the ladder"));
    }
    let mut ladders = ladders(path, text, list, names)?;
    let own = ladders.len();
    for ladder in of_course.iter().filter(|ladder| is_asked(ladder.check)) {
        let is_same =
            |own: &Ladder| (own.check, &own.diagnosis) == (ladder.check, &ladder.diagnosis);
        if !ladders[..own].iter().any(is_same) {
            let steps = ladder.steps.iter();
            ladders.push(Ladder {
                steps: steps
                    .map(|step| step.replace("EXERCISE", id.as_str()))
                    .collect(),
                ..ladder.clone()
            });
        }
    }
    Ok(ladders)
}

/// The ladders of a file, each with steps, only once, and of a mistake that has a name.
pub(super) fn ladders(
    path: &Path,
    text: &str,
    list: Vec<LadderFile>,
    names: &Diagnoses,
) -> Result<Vec<Ladder>, Error> {
    let mut ladders: Vec<Ladder> = Vec::new();
    for file in list {
        let id = *file.check.get_ref();
        let wrong = |offset, what: &str| mistake(path, text, offset, what);
        let at = file.check.span().start;
        if let Some(name) = &file.diagnosis {
            names.check(name.get_ref(), |what| wrong(name.span().start, &what))?;
        }
        let diagnosis = file.diagnosis.map(Spanned::into_inner);
        let is_known = |ladder: &Ladder| ladder.check == id && ladder.diagnosis == diagnosis;
        if ladders.iter().any(is_known) {
            let of = diagnosis.map(|name| format!(" and `{}`", name.escape_debug()));
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
            diagnosis,
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

    #[test]
    fn an_exercise_takes_the_ladders_of_the_course_for_its_checks_and_keeps_its_own() {
        let parse = |text: &str| {
            #[derive(Deserialize)]
            struct File {
                ladders: Vec<LadderFile>,
            }
            toml::from_str::<File>(text).unwrap().ladders
        };
        let place = Path::new("x.toml");
        let ladder = |check: &str, steps: &str| {
            format!("[[ladders]]\ncheck = \"{check}\"\nsteps = [\"{steps}\"]\n")
        };
        let text = ladder("build", "of EXERCISE")
            + &ladder("run", "of the course")
            + &ladder("total", "of the course");
        let names = Diagnoses::of_checks();
        let of_course = ladders(place, &text, parse(&text), &names).unwrap();
        let checks = [CheckId::Build, CheckId::Run].map(|id| CheckSpec {
            id,
            points: 1,
            hint: None,
        });
        let own = ladder("run", "of the exercise");
        let id: ExerciseId = "x".parse().unwrap();
        let own_and_course = |text: &str| {
            of_exercise(
                (place, text),
                parse(text),
                &checks,
                (&of_course, &id),
                &names,
            )
        };
        let all = own_and_course(&own).unwrap();
        let all: Vec<_> = all
            .iter()
            .map(|ladder| (ladder.check, ladder.steps[0].as_str()))
            .collect();
        assert_eq!(
            all,
            [(CheckId::Run, "of the exercise"), (CheckId::Build, "of x")]
        );
        let other = ladder("total", "of the exercise");
        assert!(
            own_and_course(&other)
                .unwrap_err()
                .to_string()
                .contains("`total`")
        );
    }
}
