//! What `grade explain` says of a check and of a mistake, for a person.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    escape::escape_line,
    style::{BOLD, Sheet},
};
use ids::CheckId;
use judge::check::{Explanation, Mistake};

/// A check at length.
#[must_use]
pub fn explain_check(explanation: &Explanation, mistakes: &[Mistake], width: usize) -> String {
    let Explanation {
        id,
        asks,
        measured,
        by_hand,
        commands,
        fails,
    } = explanation;
    let mut text = Sheet::new(width);
    let first = format!("{BOLD}{id}{BOLD:#}: ");
    wrapped(&mut text, &first, "  ", asks);
    section(&mut text, "How it is measured");
    paragraph(&mut text, "  ", measured);
    section(&mut text, "How to see it by yourself");
    paragraph(&mut text, "  ", by_hand);
    for command in *commands {
        // Not wrapped: it is there to be copied.
        let _ = writeln!(text, "    {command}");
    }
    section(&mut text, "What fails, for example");
    for example in *fails {
        item(&mut text, "- ", example);
    }
    let named: Vec<&Mistake> = mistakes.iter().filter(|other| other.check == *id).collect();
    if !named.is_empty() {
        section(&mut text, "Mistakes with a name, for `grade explain NAME`");
        rows(&mut text, named.into_iter());
    }
    text.text
}

/// The mistakes of this name, and which checks name them: exercises may say the same in words of their own.
#[must_use]
pub fn explain_mistake(name: &str, mistakes: &[Mistake], width: usize) -> Option<String> {
    let named = || mistakes.iter().filter(|other| other.name == name);
    let Mistake {
        name, check, code, ..
    } = named().next()?;
    let mut checks: Vec<String> = named().map(|other| format!("`{}`", other.check)).collect();
    checks.dedup();
    let mut text = Sheet::new(width);
    let first = format!("{BOLD}{name}{BOLD:#}: ");
    wrapped(
        &mut text,
        &first,
        "  ",
        &format!("a mistake that fails {}", checks.join(" or ")),
    );
    if let Some(code) = code {
        section(&mut text, "A program that makes it has such lines");
        for line in code.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    let parts: [Part; 2] = [
        ("What the report says then", |mistake| &mistake.message),
        ("What to try", |mistake| &mistake.hint),
    ];
    for (headline, part) in parts {
        section(&mut text, headline);
        let mut seen = BTreeSet::new();
        for words in named().map(part).filter(|words| seen.insert(*words)) {
            paragraph(&mut text, "  ", words);
        }
    }
    text.blank();
    let further = format!(
        "`grade explain {check}` says how it is measured, and `grade hint EXERCISE` gives hints."
    );
    paragraph(&mut text, "", &further);
    Some(text.text)
}

/// All that can be explained.
#[must_use]
pub fn explain_list(explanations: &[Explanation], mistakes: &[Mistake], width: usize) -> String {
    let mut text = Sheet::new(width);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{BOLD}Checks{BOLD:#}");
    for explanation in explanations {
        row(&mut text, explanation.id.as_str(), explanation.asks);
    }
    for id in CheckId::ALL {
        let mut named = mistakes
            .iter()
            .filter(|mistake| mistake.check == id)
            .peekable();
        if named.peek().is_some() {
            section(&mut text, &format!("Mistakes that fail `{id}`"));
        }
        rows(&mut text, named);
    }
    let _ = writeln!(text, "\n`grade explain NAME` explains one of them.");
    text.text
}

fn section(text: &mut Sheet, headline: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n{BOLD}{headline}{BOLD:#}");
}

fn paragraph(text: &mut Sheet, indent: &str, words: &str) {
    wrapped(text, indent, indent, words);
}

fn item(text: &mut Sheet, mark: &str, words: &str) {
    wrapped(text, &format!("  {mark}"), "    ", words);
}

/// A headline, and what of a mistake stands below it.
type Part = (&'static str, fn(&Mistake) -> &str);

/// A line for each mistake. Two exercises may know the same one.
fn rows<'a>(text: &mut Sheet, mistakes: impl Iterator<Item = &'a Mistake>) {
    let mut seen = BTreeSet::new();
    for Mistake { name, message, .. } in mistakes {
        if seen.insert((name, message)) {
            row(text, name, message);
        }
    }
}

/// A name and what is said of it, in two columns.
fn row(text: &mut Sheet, name: &str, words: &str) {
    // A long name, too, has a space behind it.
    let first = format!("  {:<21}", format!("{name} "));
    wrapped(text, &first, &" ".repeat(first.len()), words);
}

fn wrapped(text: &mut Sheet, first: &str, other: &str, words: &str) {
    text.wrapped(first, other, &escape_line(words));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_that_two_exercises_know_is_told_once_and_in_the_words_of_each() {
        let of = |message: &str, hint: &str| Mistake {
            name: "first-line".to_owned(),
            check: CheckId::Total,
            message: message.to_owned(),
            hint: hint.to_owned(),
            code: None,
        };
        let same = [of("one line", "look"), of("one line", "look")];
        assert_eq!(explain_list(&[], &same, 80).matches("one line").count(), 1);
        let text = explain_mistake("first-line", &same, 80).unwrap();
        assert_eq!(text.matches("one line").count(), 1, "{text}");
        let other = [of("one line", "look"), of("a single line", "look")];
        assert_eq!(explain_list(&[], &other, 80).matches("line").count(), 4);
        let text = explain_mistake("first-line", &other, 80).unwrap();
        assert!(text.contains("  one line\n  a single line\n"), "{text}");
        assert_eq!(text.matches("look").count(), 1, "{text}");
    }
}
