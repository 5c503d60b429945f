//! A check's answer and a fault as lines of plain text, for the formats that have one place for all of it.
//!
//! The lines hold text of the submission as it is: each format escapes them in its own way.

use judge::{
    check,
    record::{Check, Fault},
};

/// Stands where an output is cut.
const CUT: &str = "\n| … (too long to show)";

/// The answer, what was asked, expected and seen, an excerpt of the output, and what to try, which may speak of the
/// lines above it. A bar stands before each line of the output, so none of them is taken for one of ours.
///
/// There are at most so many characters, if need be by a shorter excerpt.
pub(crate) fn answer_lines(check: &Check, most: usize) -> String {
    let details = &check.details;
    let mut before = vec![
        check.message.clone(),
        format!("Asked: {}", check::asks(check.id)),
    ];
    let seed = details.seed.map(|seed| seed.to_string());
    for (label, value) in [
        ("Seed", &seed),
        ("Place", &details.place),
        ("Expected", &details.expected),
        ("Seen", &details.seen),
    ] {
        before.extend(value.iter().map(|value| format!("{label}: {value}")));
    }
    let more = details.more.iter().map(|more| format!("Also: {more}"));
    let hint = check.hint.iter().map(|hint| format!("Try: {hint}"));
    let after: Vec<String> = more.chain(hint).collect();
    let taken = before.iter().chain(&after);
    let taken: usize = taken.map(|line| line.chars().count() + 1).sum();
    let output = details.output.as_ref();
    let output = output.map(|output| marked(output, most.saturating_sub(taken)));
    let lines = before.into_iter().chain(output).chain(after);
    lines.collect::<Vec<_>>().join("\n")
}

/// An output with a bar before each line, of at most so many characters where there is room for any.
fn marked(output: &str, most: usize) -> String {
    let lines: Vec<String> = output.lines().map(|line| format!("| {line}")).collect();
    let output = lines.join("\n");
    if output.chars().count() <= most {
        return output;
    }
    let kept = most.saturating_sub(CUT.chars().count());
    output.chars().take(kept).collect::<String>() + CUT
}

/// The fault, its cause and what to do about it.
pub(crate) fn fault_lines(fault: &Fault) -> String {
    let hint = fault.hint.iter().map(|hint| format!("\nTry: {hint}"));
    format!("{fault}{}", hint.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str) -> Check {
        let check = serde_json::json!({
            "id": "run", "status": "fail", "earned": 0, "possible": 1, "message": "the run panicked",
            "hint": "the lines above name the place", "details": {"output": output, "more": ["and more"]}
        });
        serde_json::from_value(check).unwrap()
    }

    #[test]
    fn what_to_try_is_below_the_output_and_no_line_of_the_output_looks_like_it() {
        let text = answer_lines(&check("panicked\nTry: nothing"), usize::MAX);
        let (_, shown) = text.split_once("\n| ").unwrap();
        assert_eq!(
            shown,
            "panicked\n| Try: nothing\nAlso: and more\nTry: the lines above name the place"
        );
    }

    #[test]
    fn a_long_output_leaves_room_for_what_to_try() {
        let text = answer_lines(&check(&"é\n".repeat(4000)), 1000);
        assert!(text.chars().count() <= 1000, "{text}");
        assert!(
            text.ends_with(
                "\n| … (too long to show)\nAlso: and more\nTry: the lines above name the place"
            ),
            "{text}"
        );
    }
}
