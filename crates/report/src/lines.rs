//! A check's answer and a fault as lines of plain text, for the formats that have one place for all of it.
//!
//! The lines hold text of the submission as it is: each format escapes them in its own way.

use judge::{
    check,
    record::{Check, Fault},
};

/// The answer, what was asked, expected and seen, what to try, and an excerpt of the output.
pub(crate) fn answer_lines(check: &Check) -> String {
    let details = &check.details;
    let mut lines = vec![
        check.message.clone(),
        format!("Asked: {}", check::asks(check.id)),
    ];
    let seed = details.seed.map(|seed| seed.to_string());
    for (label, value) in [
        ("Seed", &seed),
        ("Place", &details.place),
        ("Expected", &details.expected),
        ("Seen", &details.seen),
        ("Try", &check.hint),
    ] {
        lines.extend(value.iter().map(|value| format!("{label}: {value}")));
    }
    lines.extend(details.more.iter().map(|more| format!("Also: {more}")));
    lines.extend(details.output.clone());
    lines.join("\n")
}

/// The fault, its cause and what to do about it.
pub(crate) fn fault_lines(fault: &Fault) -> String {
    let hint = fault.hint.iter().map(|hint| format!("\nTry: {hint}"));
    format!("{fault}{}", hint.collect::<String>())
}
