//! Text of a submission in Markdown: it is shown and does nothing else.
//!
//! GitHub and others turn parts of plain text into links, references to issues and commits, pictures, formulas and
//! mentions that send somebody a message, and a backslash in front does not stop all of it. In code, nothing is
//! turned into anything. So a word stays plain text only if each of its characters has no meaning in Markdown; every
//! other word is code. This is the only place that makes text fit for Markdown.

use std::fmt::Write as _;

use crate::escape::{escape_block, escape_line};

/// The most characters of a block.
const LONGEST_BLOCK: usize = 16_000;
/// The most backticks in a row. GitHub's parser knows no code between more than 80, and keeps the number of those around a
/// block in a byte.
const LONGEST_RUN: usize = 32;

/// A sentence in one line. What stands in backticks is code, as in messages for a terminal.
#[must_use]
pub fn sentence(text: &str) -> String {
    let text = escape_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    // One backtick has no partner.
    if parts.len().is_multiple_of(2) {
        return words(&text);
    }
    let mut written = String::with_capacity(text.len());
    for (number, part) in parts.into_iter().enumerate() {
        let part = if number % 2 == 1 {
            code_of(part)
        } else {
            words(part)
        };
        // Backticks side by side would be one sign.
        if written.ends_with('`') && part.starts_with('`') {
            written.push(' ');
        }
        written += &part;
    }
    written
}

/// A text in one line, all of it code. Nothing for no text.
pub(crate) fn code(text: &str) -> String {
    code_of(&escape_line(text))
}

/// Several lines, all of them code, with a line break at the end.
pub(crate) fn block(text: &str) -> String {
    let text = with_short_runs(&escape_block(text));
    let (text, end) = match text.char_indices().nth(LONGEST_BLOCK) {
        Some((at, _)) => (&text[..at], "\n… (too long to show)"),
        None => (text.trim_end_matches('\n'), ""),
    };
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    format!("{fence}text\n{text}{end}\n{fence}\n")
}

/// Any of the above in a cell of a table. A bar ends a cell in code as well, so it is shown by its number.
pub(crate) fn cell(written: &str) -> String {
    let mut cell = String::with_capacity(written.len());
    for c in written.chars() {
        match c {
            '|' => write!(cell, "\\u{{7c}}").unwrap_or_default(),
            c => cell.push(c),
        }
    }
    cell
}

fn words(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        if is_plain(word) {
            word.to_owned()
        } else {
            code_of(word)
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Visible text as code: between more backticks than there are in a row in it.
fn code_of(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = with_short_runs(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    // A space on both sides is taken away again.
    let is_bare = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let space = if is_bare { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// The text without long runs of backticks: each that would be one too many is shown by its number.
fn with_short_runs(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        if run > LONGEST_RUN {
            run = 0;
            written += "\\u{60}";
        } else {
            written.push(c);
        }
    }
    written
}

/// The most backticks in a row.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

/// Whether a word means nothing but itself wherever it stands in a line behind other words.
fn is_plain(word: &str) -> bool {
    let is_harmless =
        |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || ".,;:()'\"!?%/+=-".contains(c);
    // `https://…`, `www.…` and `:smile:`.
    let is_link = word.contains("//") || word.to_ascii_lowercase().contains("www.");
    let colons = word.matches(':').count();
    word.chars().all(is_harmless) && !is_link && colons < 2 && !is_reference(word)
}

/// Whether a word may be taken for a commit (`1f0c9a2`), for an issue of a project (`GH-17`, `jira-1`), or for a merge request
/// or milestone of GitLab (`!1`, `%1`).
fn is_reference(word: &str) -> bool {
    let mut parts = word.split(|c: char| !c.is_ascii_alphanumeric());
    let is_commit = |part: &str| part.len() >= 7 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let is_issue = word.match_indices('-').any(|(at, _)| {
        let before = word[..at].rsplit(|c: char| !c.is_ascii_alphanumeric());
        let project = before.map(str::as_bytes).next().unwrap_or_default();
        let number = &word[at + 1..];
        project.iter().any(u8::is_ascii_alphabetic)
            && number.starts_with(|c: char| c.is_ascii_digit())
    });
    let is_of_gitlab = word.match_indices(['!', '%']).any(|(at, _)| {
        let name = &word[at + 1..];
        name.starts_with(|c: char| c == '"' || c.is_alphanumeric())
    });
    is_issue || is_of_gitlab || parts.any(is_commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_sentences_stay_as_they_are() {
        for text in [
            "it does not compile: 2 errors (E0425, E0308)",
            "the run on seed 7131 panicked (exit code 101)",
            "not accepted: the crate `rand 0.8` is not in the list of `grader.toml`",
            "Größe: 1.25 reads at once; 4/10",
            "done! It is 100%, on 2026-10-03 (re-read, lock-free)",
            "",
        ] {
            assert_eq!(sentence(text), text);
        }
    }

    #[test]
    fn what_means_something_is_code() {
        for (text, expected) in [
            ("hi @everyone", "hi `@everyone`"),
            ("see #1 or GH-17.", "see `#1` or `GH-17.`"),
            (
                "gh-17 (gh-1) Gh-2, jira-1 GH-3-x a2-1.",
                "`gh-17` `(gh-1)` `Gh-2,` `jira-1` `GH-3-x` `a2-1.`",
            ),
            ("!1 a/b!1 %1 %\"v 1\"", "`!1` `a/b!1` `%1` `%\"v` 1\""),
            ("https://x.y www.x.y", "`https://x.y` `www.x.y`"),
            ("<b>x</b> [a](b) ![a](b)", "`<b>x</b>` `[a](b)` `![a](b)`"),
            (
                "snake_case *x* $y$ :tada:",
                "`snake_case` `*x*` `$y$` `:tada:`",
            ),
            ("seen 2483973 and 1f0c9a2", "seen `2483973` and `1f0c9a2`"),
            ("src/main.rs:3:5: wrong", "`src/main.rs:3:5:` wrong"),
            ("one ` alone", "one `` ` `` alone"),
            ("a@`b`@c", "`a@` `b` `@c`"),
            ("a\\ \u{1b}[2J", "`a\\` `\\u{1b}[2J`"),
        ] {
            assert_eq!(sentence(text), expected, "{text}");
        }
    }

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("  "), "`    `");
        assert_eq!(code("a\nb"), "`a\\u{a}b`");
        assert_eq!(block("a\n```\nb\n"), "````text\na\n```\nb\n````\n");
        assert_eq!(cell(&code("a|b")), "`a\\u{7c}b`");
        assert!(block(&"x".repeat(20_000)).contains("too long"));
    }

    #[test]
    fn no_run_of_backticks_is_too_long_for_a_parser() {
        for long in [33, 80, 81, 255, 256, 300, 20_000] {
            let ticks = "`".repeat(long);
            for text in [
                code(&ticks),
                sentence(&format!("a {ticks} b")),
                block(&format!("a\n{ticks}\n# b\n")),
            ] {
                assert!(longest_run(&text) <= LONGEST_RUN + 1, "{long}: {text}");
            }
        }
        let ticks = "`".repeat(40);
        assert!(code(&ticks).contains(&format!(" {}\\u{{60}}{} ", "`".repeat(32), "`".repeat(7))));
    }
}
