//! Whether the mistakes of an exercise are sound: each can be computed, is a mistake, and can be told from every other.
//!
//! Never runs a program: `grade check-exercises --examples` does.

use super::{TotalSpec, data::DataFiles, known::Mistake};
use ids::Seed;

/// One dataset, with its total where it is known.
pub struct KnownData {
    /// Its seed.
    pub seed: Seed,
    /// Its files.
    pub files: DataFiles,
    /// The right total, if it is known.
    pub answer: Option<String>,
}

/// The first thing that is wrong with what an exercise says of its total, as a sentence without full stop. Two mistakes that
/// give the same total on all these data could not be told apart.
#[must_use]
pub fn unsound(spec: &TotalSpec, data: &[KnownData]) -> Option<String> {
    let mut rights = Vec::new();
    for known in data {
        let values = known
            .files
            .files()
            .iter()
            .map(|file| spec.value.of_file(file));
        let right = values
            .into_iter()
            .try_fold(0_i128, |sum, value| sum.checked_add(value?));
        let Some(right) = right else {
            return Some(format!(
                "`value` of `[total]` has no value on seed {}: is there such a line?",
                known.seed
            ));
        };
        let right = right.to_string();
        if let Some(answer) = known.answer.as_ref().filter(|answer| **answer != right) {
            return Some(format!(
                "`value` of `[total]` gives {right} on seed {}, and the right answer is {answer}",
                known.seed
            ));
        }
        rights.push(right);
    }
    let totals = |mistake: &Mistake| -> Option<Vec<String>> {
        let totals = data.iter().map(|known| {
            let totals = mistake.totals(&spec.value, &known.files);
            totals.into_iter().next()
        });
        totals.collect()
    };
    let mut known: Vec<(&str, Vec<String>)> = Vec::new();
    for mistake in &spec.mistakes {
        let id = &mistake.id;
        let Some(totals) = totals(mistake) else {
            return Some(format!(
                "mistake `{id}` cannot be computed: is there such a line in every file?"
            ));
        };
        if totals == rights {
            return Some(format!(
                "mistake `{id}` gives the right total, so it is none"
            ));
        }
        if let Some((other, _)) = known.iter().find(|(_, other)| *other == totals) {
            return Some(format!(
                "mistakes `{other}` and `{id}` give the same totals, so they cannot be told apart: remove one"
            ));
        }
        known.push((id, totals));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistakes::{
        expression::{Expression, Scope},
        known::{Choice, Combine, Computed},
    };

    fn mistake(id: &str, value: &str) -> Mistake {
        Mistake {
            id: id.into(),
            computed: Computed::Files {
                value: Some(Expression::parse(value, Scope::File).unwrap()),
                files: Choice::All,
                combine: Combine::Sum,
                number: None,
            },
            says: String::new(),
            advice: String::new(),
            example: None,
        }
    }

    #[test]
    fn what_could_mislead_a_student_is_told() {
        let file = |text: &'static str| text.as_bytes();
        let data = || {
            let files = DataFiles::new([("a", file("3\n4\n5\n")), ("b", file("6\n7\n8\n"))]);
            [KnownData {
                seed: Seed(0),
                files,
                answer: Some("54".into()),
            }]
        };
        let found = |value: &str, mistakes: &[Mistake]| {
            let spec = TotalSpec {
                value: Expression::parse(value, Scope::File).unwrap(),
                value_text: value.into(),
                mistakes: mistakes.to_vec(),
            };
            unsound(&spec, &data()).unwrap_or_default()
        };
        let right = "line(1) * line(2)";
        assert_eq!(
            found(right, &[mistake("a", "line(1)"), mistake("b", "line(2)")]),
            ""
        );
        for (value, mistakes, what) in [
            ("line(1) * line(4)", vec![], "has no value on seed 0"),
            (
                "line(1) * line(3)",
                vec![],
                "gives 63 on seed 0, and the right answer is 54",
            ),
            (
                right,
                vec![mistake("a", "line(4)")],
                "`a` cannot be computed",
            ),
            (
                right,
                vec![mistake("a", "line(2) * line(1)")],
                "`a` gives the right total",
            ),
            (
                right,
                vec![mistake("a", "line(1) + 1"), mistake("b", "line(2)")],
                "mistakes `a` and `b` give the same totals",
            ),
        ] {
            let found = found(value, &mistakes);
            assert!(found.contains(what), "{found}");
        }
    }
}
