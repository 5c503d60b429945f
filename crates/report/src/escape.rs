//! Make text of a submission harmless on a terminal.
//!
//! A terminal obeys control characters, and text that runs from right to left can hide what it says. Both
//! are shown by their numbers. The check is by what is allowed to pass, not by a list of attacks. What CI
//! systems take for a command, at the beginning of a line or in its middle, is broken up as well.

use std::fmt::Write as _;

use ids::words::is_visible;

/// One line: everything that is not plainly visible becomes `\u{…}`, line breaks too.
#[must_use]
pub fn escape_line(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        push(&mut escaped, c, &text[at..]);
    }
    escaped
}

/// Several lines: line breaks stay, a tab becomes four spaces, no line is a command, all else is as in [`escape_line`].
#[must_use]
pub fn escape_block(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '\n' => escaped.push('\n'),
            '\t' => escaped.push_str("    "),
            c => push(&mut escaped, c, &text[at..]),
        }
    }
    defuse_ci_command(&escaped)
}

/// JSON that a terminal may show as well: JSON itself escapes only the oldest control characters. What is
/// not plain ASCII stands in its strings alone, and so does `#`, so each such character can be written by its number.
#[must_use]
pub(crate) fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for (at, c) in json.char_indices() {
        let is_shown = is_visible(c) && c != '\u{7f}' && !is_command(&json[at..]);
        if c == '\n' || is_shown {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// Whether `rest` begins with what a CI system takes for a command, also in the middle of a line.
fn is_command(rest: &str) -> bool {
    let starts = |word: &str| {
        rest.get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
    };
    ["##[", "##vso[", "##teamcity["].into_iter().any(starts)
}

/// Lines of which none is a command: one that begins with two colons is to some CI systems, blanks before it or not.
/// Three colons and a blank, with which the compiler names a second file, are none: no command has the name `:`.
#[must_use]
pub fn defuse_ci_command(lines: &str) -> String {
    let lines = lines.split_inclusive('\n').map(|line| {
        let text = line.trim_start();
        if text.starts_with("::") && !text.starts_with("::: ") {
            line.replacen("::", "\\u{3a}:", 1)
        } else {
            line.to_owned()
        }
    });
    lines.collect()
}

fn push(escaped: &mut String, c: char, rest: &str) {
    if is_visible(c) && !is_command(rest) {
        escaped.push(c);
    } else {
        escaped.extend(c.escape_unicode());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_plain_stays_and_what_acts_is_shown() {
        assert_eq!(
            escape_line("fn größe() → 数 \u{1F980}"),
            "fn größe() → 数 \u{1F980}"
        );
        assert_eq!(
            escape_line("\u{1b}[2J\r\n\u{9b}x"),
            "\\u{1b}[2J\\u{d}\\u{a}\\u{9b}x"
        );
        assert_eq!(escape_line("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
        assert_eq!(escape_block("a\n\tb\u{7}"), "a\n    b\\u{7}");
    }

    #[test]
    fn commands_of_ci_systems_are_broken_up() {
        for command in ["##[error]x", "a ##VSO[task.x]y", "##teamcity[x]"] {
            let escaped = escape_line(command);
            assert!(escaped.contains("\\u{23}#"), "{escaped}");
            assert!(!escaped.contains("##"), "{escaped}");
        }
        assert_eq!(escape_line("r##\"raw\"## ###"), "r##\"raw\"## ###");
        assert_eq!(
            escape_block("a ::error::x\n\t::add-mask::y\n::set-output z\n: :\n"),
            "a ::error::x\n    \\u{3a}:add-mask::y\n\\u{3a}:set-output z\n: :\n"
        );
        assert_eq!(
            escape_block("  ::: src/a.rs:3:1\n:::error::x\n::: error::x\n"),
            "  ::: src/a.rs:3:1\n\\u{3a}::error::x\n::: error::x\n"
        );
    }

    #[test]
    fn json_stays_the_same_value_and_loses_what_acts() {
        let value =
            serde_json::json!({"a": "\u{9b}31m\u{202e}x\u{e0041}é\u{7f} # ## ##[x] ##VSO[x"});
        let escaped = escape_json(&value.to_string());
        assert!(
            escaped.contains(" # ## \\u0023#[x] \\u0023#VSO[x"),
            "{escaped}"
        );
        assert!(
            escaped.chars().all(|c| is_visible(c) && c != '\u{7f}'),
            "{escaped}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
            value
        );
    }

    proptest! {
        #[test]
        fn nothing_that_acts_gets_through(text in any::<String>()) {
            prop_assert!(escape_line(&text).chars().all(is_visible));
            prop_assert!(escape_block(&text).chars().all(|c| c == '\n' || is_visible(c)));
        }
    }
}
