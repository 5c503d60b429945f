//! `grade explain [NAME]`: what a check asks and how it is measured, or what a mistake is.
//!
//! Needs no submission, and no course: where there is one, the mistakes of its exercises are explained too.

use super::{app::App, exit_code::ExitCode, output::width, task::Explain};
use crate::fault::Fault;
use ids::{CheckId, ExerciseId, words::nearest};
use judge::{
    check::{Mistake, explanation, mistakes},
    mistakes::explained,
};
use report::{explain_check, explain_list, explain_mistake};

impl App {
    pub(super) fn explain(&self, task: &Explain) -> Result<ExitCode, Fault> {
        let mut mistakes = mistakes();
        mistakes.extend(explained());
        mistakes.extend(in_their_words(&task.mistakes, &mistakes));
        let width = width();
        let text = match &task.name {
            None => explain_list(&CheckId::ALL.map(explanation), &mistakes, width),
            Some(name) => {
                let check = CheckId::ALL.into_iter().find(|id| id.as_str() == name);
                let check = check.map(|id| explain_check(&explanation(id), &mistakes, width));
                let text = check.or_else(|| explain_mistake(name, &mistakes, width));
                text.ok_or_else(|| {
                    let known = CheckId::ALL.map(CheckId::as_str);
                    let named = mistakes.iter().map(|mistake| mistake.name.as_str());
                    let known: Vec<&str> = known.into_iter().chain(named).collect();
                    unknown(name, &known)
                })?
            }
        };
        self.output.report(&text)?;
        Ok(ExitCode::Passed)
    }
}

/// The mistakes of exercises, with the name of the exercise before words that are not the only ones for a mistake.
fn in_their_words(own: &[(ExerciseId, Mistake)], of_checks: &[Mistake]) -> Vec<Mistake> {
    let is_same =
        |one: &Mistake, other: &Mistake| (&one.name, one.check) == (&other.name, other.check);
    let words = own.iter().map(|(id, mistake)| {
        let in_others = own
            .iter()
            .any(|(other, one)| other != id && is_same(one, mistake));
        if !in_others && !of_checks.iter().any(|one| is_same(one, mistake)) {
            return mistake.clone();
        }
        Mistake {
            message: format!("{id}: {}", mistake.message),
            hint: format!("{id}: {}", mistake.hint),
            ..mistake.clone()
        }
    });
    words.collect()
}

/// The fault of a name that nothing has, with the nearest one that there is.
fn unknown(name: &str, known: &[&str]) -> Fault {
    let fault = Fault::usage(format!(
        "found no check and no mistake `{}`",
        name.escape_debug()
    ));
    match nearest(name, known.iter().copied()) {
        Some(nearest) => fault.hint(format!("did you mean `grade explain {nearest}`?")),
        None => fault.hint("`grade explain` lists the names"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_not_the_only_ones_begin_with_the_exercise() {
        let mistake = |name: &str| Mistake {
            name: name.to_owned(),
            check: CheckId::Output,
            message: "it is so".to_owned(),
            hint: "look".to_owned(),
            code: None,
        };
        let of = |id: &str, name: &str| (id.parse::<ExerciseId>().unwrap(), mistake(name));
        let own = [
            of("a", "both"),
            of("b", "both"),
            of("a", "alone"),
            of("b", "known"),
        ];
        let told = in_their_words(&own, &[mistake("known")]);
        let told: Vec<_> = told.iter().map(|one| (&*one.message, &*one.hint)).collect();
        assert_eq!(
            told,
            [
                ("a: it is so", "a: look"),
                ("b: it is so", "b: look"),
                ("it is so", "look"),
                ("b: it is so", "b: look")
            ]
        );
    }

    #[test]
    fn a_name_that_is_nearly_right_is_helped() {
        let known = ["build", "multi-threaded", "serialised"];
        for (name, hint) in [
            (
                "multithreaded",
                "did you mean `grade explain multi-threaded`?",
            ),
            ("serialized", "did you mean `grade explain serialised`?"),
            ("walrus", "`grade explain` lists the names"),
        ] {
            assert_eq!(unknown(name, &known).hint.as_deref(), Some(hint));
        }
    }
}
