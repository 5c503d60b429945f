//! What must not stand in a report: characters that act, and commands that runners obey.
//!
//! Written apart from the grader's own escaping, so that a hole there is not a hole here.

/// The first character that a terminal obeys or that turns text around.
pub(crate) fn acting(text: &str) -> Option<char> {
    text.chars().find(|&c| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{200b}')
    })
}

/// The first thing in a log that a CI runner takes for a command: GitHub's at the beginning of a line,
/// whatever white space stands before; the old ones, Azure's and `TeamCity`'s anywhere in it.
pub(crate) fn command(text: &str) -> Option<&str> {
    text.lines().find(|line| {
        line.trim_start().starts_with("::")
            || ["##[", "##vso[", "##teamcity["]
                .iter()
                .any(|start| line.contains(start))
    })
}

#[test]
fn bad_reports_are_seen() {
    for bad in [
        "a\x1b[2J",
        "a\rb",
        "a\0",
        "\u{9b}31m",
        "\u{7f}",
        "\u{202e}x",
        "\u{2066}",
        "\u{feff}",
    ] {
        assert!(acting(bad).is_some(), "{bad:?}");
    }
    for good in ["größe → 数 🦀\n", r"\u{1b}[2J", ""] {
        assert_eq!(acting(good), None, "{good:?}");
    }
    for bad in [
        "::error::x",
        "a\n  ::add-mask::x",
        "x ##vso[task.complete]",
        "##[error]",
        "a ##teamcity[x]",
    ] {
        assert!(command(bad).is_some(), "{bad:?}");
    }
    for good in [
        "| ::error::x",
        "std::env::args",
        "## [x]",
        "seen  `::error::`",
    ] {
        assert_eq!(command(good), None, "{good:?}");
    }
}
