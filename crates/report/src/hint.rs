//! What `grade hint` says: what fails now, and the steps of its ladder that a student may see.
//!
//! Never chooses a ladder, and never knows what was shown before.

use crate::{
    escape::{defuse_ci_command, escape_line},
    style::{BOLD, Sheet},
};
use judge::record::{Check, Status};

/// The steps that are shown, and what stands around them.
#[derive(Debug, Clone, Copy)]
pub struct Hint<'a> {
    /// What fails.
    pub check: &'a Check,
    /// All steps.
    pub steps: &'a [String],
    /// The number of the first step that is shown, counted from zero.
    pub from: usize,
    /// How many steps have been shown afterwards.
    pub shown: usize,
    /// The command that shows the next one.
    pub next: &'a str,
    /// How many columns it may have.
    pub width: usize,
}

/// The hint for a person, with colour.
#[must_use]
pub fn hint(hint: &Hint<'_>) -> String {
    let Hint {
        check,
        steps,
        from,
        shown,
        next,
        width,
    } = hint;
    let mut text = Sheet::new(*width);
    let mut write = |indent: &str, line: &str| text.wrapped(indent, indent, line);
    let id = check.id;
    write("", &escape_line(&format!("{id}: {}", check.message)));
    if let Some(place) = &check.details.place {
        write("  ", &escape_line(&format!("at {place}")));
    }
    let all = steps.len();
    for (number, step) in steps.iter().enumerate().take(*shown).skip(*from) {
        write("", "");
        write("", &format!("{BOLD}hint {} of {all}{BOLD:#}", number + 1));
        write("  ", &escape_line(step));
    }
    write("", "");
    if *shown < all {
        write(
            "",
            &escape_line(&format!("The next hint: `{next}`. Try something first.")),
        );
    } else {
        let last = format!(
            "There are no more hints for this. `grade explain {id}` says how it is measured."
        );
        write("", &last);
    }
    defuse_ci_command(&text.text)
}

/// The check that a student works on: the first that failed, or else the first without an answer.
#[must_use]
pub fn at_work(checks: &[Check]) -> Option<&Check> {
    let first = |status| checks.iter().find(|check| check.status == status);
    first(Status::Fail).or_else(|| first(Status::Inconclusive))
}
