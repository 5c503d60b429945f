//! What `grade explain` says of a check and of a mistake, for a person.

use std::fmt::Write as _;

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
        for mistake in named {
            row(&mut text, &mistake.name, &mistake.message);
        }
    }
    text.text
}

/// The first mistake of this name, and which checks name it.
#[must_use]
pub fn explain_mistake(name: &str, mistakes: &[Mistake], width: usize) -> Option<String> {
    let named = || mistakes.iter().filter(|other| other.name == name);
    let Mistake {
        name,
        check,
        message,
        hint,
        code,
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
    section(&mut text, "What the report says then");
    paragraph(&mut text, "  ", message);
    section(&mut text, "What to try");
    paragraph(&mut text, "  ", hint);
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
        for mistake in named {
            row(&mut text, &mistake.name, &mistake.message);
        }
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

/// A name and what is said of it, in two columns.
fn row(text: &mut Sheet, name: &str, words: &str) {
    // A long name, too, has a space behind it.
    let first = format!("  {:<21}", format!("{name} "));
    wrapped(text, &first, &" ".repeat(first.len()), words);
}

fn wrapped(text: &mut Sheet, first: &str, other: &str, words: &str) {
    text.wrapped(first, other, &escape_line(words));
}
