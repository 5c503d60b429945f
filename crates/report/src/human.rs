//! The report for a person at a terminal.
//!
//! The verdict first, then each check in its fixed order with what was asked, expected and seen, what to
//! try, and last the command that shows the same again. At most as wide as the terminal, between 60 and 80 columns, but
//! for paths and commands, readable without colour, and with nothing in it that changes from one grading of the same thing
//! to the next, but for the age of the newest file.
//!
//! The text always contains colour; the caller removes the colour where it is not wanted.

use std::{
    fmt::Write as _,
    time::{Duration, UNIX_EPOCH},
};

use textwrap::WrapAlgorithm;

use crate::{
    entry::Context,
    escape::{defuse_ci_command, escape_block, escape_line},
    invitation::invitation,
    picture::{Screen, picture, threads_in_numbers},
    style::{BAD, BOLD, DIM, GOOD, OPEN, Sheet, lines_of},
    words::witnesses,
};
use ids::{
    CheckId,
    words::{count, within_backticks},
};
use judge::{
    check,
    record::{Check, Graded, LeftOut, Record, Status, Submission, Verdict},
};

/// How many of the things that were left out are named.
const SHOWN_LEFT_OUT: usize = 3;

/// The record for a person who reads it.
#[must_use]
pub fn human(record: &Record, context: &Context) -> String {
    let mut text = Sheet::new(Screen::width(context.screen));
    if let Some(since) = &context.since {
        paragraph(&mut text, "", &escape_line(since));
        text.blank();
    }
    if let Some(elsewhere) = &context.elsewhere {
        paragraph(&mut text, "", &escape_line(elsewhere));
        text.blank();
    }
    headline(&mut text, record);
    if let Some(graded) = &record.submission.graded {
        write_graded(&mut text, graded, context.now);
    }
    text.blank();
    let pictured = pictured(record, context.is_detailed);
    for check in &record.checks {
        write_check(&mut text, check, context.is_detailed);
        if pictured == Some(check.id) {
            write_threads(&mut text, record, context);
        }
    }
    for (number, fault) in record.faults.iter().enumerate() {
        if number > 0 || !record.checks.is_empty() {
            text.blank();
        }
        paragraph(&mut text, "  ", &escape_line(&fault.message));
        if let Some(cause) = &fault.cause {
            block(&mut text, cause);
        }
        if let Some(hint) = &fault.hint {
            row(&mut text, "try", hint);
        }
    }
    text.blank();
    if let Some(invitation) = invitation(record, context.has_static_mut) {
        paragraph(&mut text, "  ", &escape_line(&invitation));
        text.blank();
    }
    write_left_out(&mut text, &record.submission);
    if let Some(notice) = &record.notice {
        paragraph(&mut text, "  ", &escape_line(notice));
    }
    let how = format!(
        "Isolation: {}. Reads seen by: {}.",
        record.grader.tier,
        witnesses(&record.grader)
    );
    paragraph(&mut text, "  ", &escape_line(&how));
    // Not wrapped: it is there to be copied.
    let _ = writeln!(
        text,
        "  Again on the same data:\n    {}",
        escape_line(&record.replay)
    );
    // Here are all lines as they are printed, those that were broken for the width as well.
    defuse_ci_command(&text.text)
}

/// The check below which the picture of the reads stands: the first one of those that it explains, of those that failed if
/// not all is to be told.
fn pictured(record: &Record, is_detailed: bool) -> Option<CheckId> {
    let mut checks = record.checks.iter().filter(|check| {
        matches!(
            check.id,
            CheckId::MultiThreaded | CheckId::Overlap | CheckId::Order
        )
    });
    let failed = checks.clone().find(|check| check.status == Status::Fail);
    let told = failed.or_else(|| checks.next().filter(|_| is_detailed));
    told.map(|check| check.id)
}

/// Which copy of the work was graded. Not wrapped: a path is there to be copied.
fn write_graded(text: &mut Sheet, graded: &Graded, now: Duration) {
    let _ = writeln!(text, "  Graded: {}", escape_line(&graded.path));
    if let Some(newest) = &graded.newest {
        let path = escape_line(&newest.path);
        let _ = writeln!(
            text,
            "  Newest file: {path}, saved {}",
            age(&newest.modified, now)
        );
    }
}

/// How long ago, in the largest unit of which there is at least one; the time itself where it is not past.
#[must_use]
pub fn age(modified: &str, now: Duration) -> String {
    let past = since_1970(modified).and_then(|modified| now.checked_sub(modified));
    let Some(past) = past else {
        return format!("at {}", escape_line(modified));
    };
    let units = [
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let seconds = past.as_secs();
    let largest = units.into_iter().find(|(length, _)| seconds >= *length);
    match largest {
        Some((length, unit)) => {
            let number = usize::try_from(seconds / length).unwrap_or(usize::MAX);
            format!("{} ago", count(number, unit))
        }
        None => "just now".to_owned(),
    }
}

fn since_1970(time: &str) -> Option<Duration> {
    let time = humantime::parse_rfc3339(time).ok()?;
    time.duration_since(UNIX_EPOCH).ok()
}

/// What was handed in and not graded, so that nobody wonders why it had no effect.
fn write_left_out(text: &mut Sheet, submission: &Submission) {
    let Submission {
        left_out,
        left_out_more,
        ..
    } = submission;
    for LeftOut { path, why } in left_out.iter().take(SHOWN_LEFT_OUT) {
        paragraph(
            text,
            "  ",
            &escape_line(&format!("Left out: `{}` {why}.", within_backticks(path))),
        );
    }
    let more = left_out.len().saturating_sub(SHOWN_LEFT_OUT) + left_out_more;
    if more > 0 {
        let _ = writeln!(text, "  Left out besides: {}.", count(more, "more name"));
    }
}

fn headline(text: &mut Sheet, record: &Record) {
    let (style, word) = match record.verdict {
        Verdict::Pass => (GOOD, "PASS"),
        Verdict::Fail => (BAD, "FAIL"),
        Verdict::NotGraded => (OPEN, "NOT GRADED"),
    };
    let points = match record.score {
        Some(score) => format!("{} of {} points", score.earned, score.possible),
        None => "no points were given or taken".to_owned(),
    };
    let student = escape_line(record.submission.id.as_str());
    let exercise = record.exercise.as_str();
    let by_student = if student == exercise {
        String::new()
    } else {
        format!(" by {student}")
    };
    let points = format!("{exercise}{by_student}: {points}");
    let indent = " ".repeat(word.len() + 2);
    let options = lines_of(text.width)
        .initial_indent(&indent)
        .subsequent_indent(&indent);
    let wrapped = textwrap::fill(&escape_line(&points), options);
    let rest = wrapped.trim_start();
    let (name, rest) = rest.split_at_checked(exercise.len()).unwrap_or(("", rest));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{style}{word}{style:#}  {BOLD}{name}{BOLD:#}{rest}");
}

fn write_check(text: &mut Sheet, check: &Check, is_detailed: bool) {
    let (style, word) = match check.status {
        Status::Pass => (GOOD, "pass"),
        Status::Fail => (BAD, "FAIL"),
        Status::Skipped => (DIM, "skip"),
        Status::Inconclusive => (OPEN, "open"),
    };
    let points = format!("{}/{}", check.earned, check.possible);
    let label = format!("  {word}  {:<14} {points:>5}  ", check.id);
    let options = lines_of(text.width - label.len());
    let message = escape_line(&check.message);
    for (n, line) in textwrap::wrap(&message, options).iter().enumerate() {
        if n == 0 {
            let (_, rest) = label.split_at(6);
            let _ = writeln!(text, "  {style}{word}{style:#}{rest}{line}");
        } else {
            let _ = writeln!(text, "{:width$}{line}", "", width = label.len());
        }
    }
    if check.status == Status::Skipped || (check.status == Status::Pass && !is_detailed) {
        return;
    }
    row(text, "asked", check::asks(check.id));
    let details = &check.details;
    if let Some(seed) = details.seed {
        row(text, "seed", &seed.to_string());
    }
    for (label, value) in [
        ("place", &details.place),
        ("expected", &details.expected),
        ("seen", &details.seen),
    ] {
        if let Some(value) = value {
            row(text, label, value);
        }
    }
    if let Some(output) = &details.output {
        block(text, output);
    }
    for more in &details.more {
        row(text, "also", more);
    }
    if let Some(hint) = &check.hint {
        row(text, "try", hint);
    }
}

/// Who read when: a picture where one can be drawn, and numbers where a person wants to know all.
fn write_threads(text: &mut Sheet, record: &Record, context: &Context) {
    match context.screen {
        Some(screen) => text.text += &picture(record, screen, "        "),
        None if context.is_detailed => {
            for line in threads_in_numbers(record) {
                row(text, "also", &line);
            }
        }
        None => {}
    }
}

/// A labelled line below a check.
fn row(text: &mut Sheet, label: &str, value: &str) {
    let indent = " ".repeat(18);
    let options = lines_of(text.width)
        .initial_indent(&indent)
        .subsequent_indent(&indent);
    let value = escape_line(value);
    let wrapped = textwrap::fill(&value, options);
    let _ = writeln!(
        text,
        "        {DIM}{label:<8}{DIM:#}  {}",
        wrapped.trim_start()
    );
}

/// Output of a program or of the compiler, marked by a bar. A long line continues below its own first word.
fn block(text: &mut Sheet, output: &str) {
    let output = escape_block(&without_compiler_hashes(output));
    for line in output.lines() {
        let indent = " ".repeat(hang(line).min(text.width / 2));
        // The first fit: the best one lets a word that was broken stand out by the indent.
        let options = lines_of(text.width - 10)
            .subsequent_indent(&indent)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        for part in textwrap::wrap(line, options) {
            let space = if part.is_empty() { "" } else { " " };
            let _ = writeln!(text, "        {DIM}|{DIM:#}{space}{part}");
        }
    }
}

/// Where the words of a line begin: behind the spaces before it, and behind a label as rustc writes it,
/// `   = help: `.
fn hang(line: &str) -> usize {
    let words = line.trim_start_matches(' ');
    let spaces = line.len() - words.len();
    let label = match words
        .strip_prefix("= ")
        .and_then(|rest| rest.split_once(": "))
    {
        Some((label, _)) if label.bytes().all(|byte| byte.is_ascii_alphabetic()) => label.len() + 4,
        _ => 0,
    };
    spaces + label
}

/// The standard library's own places without the compiler's hash, which helps no reader and is longer than a
/// line: `/rustc/…/library/std/src/thread.rs`.
fn without_compiler_hashes(output: &str) -> String {
    let mut parts = output.split("/rustc/");
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_hexdigit());
        let (hash, rest) = part.split_at(end.unwrap_or(part.len()));
        let is_hash = hash.len() == 40 && rest.starts_with('/');
        short += "/rustc/";
        short += if is_hash { "…" } else { hash };
        short += rest;
    }
    short
}

fn paragraph(text: &mut Sheet, indent: &str, words: &str) {
    text.wrapped(indent, indent, words);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: usize, output: &str) -> Vec<String> {
        let mut text = Sheet::new(width);
        block(&mut text, output);
        let plain = anstream::adapter::strip_str(&text.text).to_string();
        plain
            .lines()
            .map(|line| line.trim_start().to_owned())
            .collect()
    }

    #[test]
    fn no_line_that_was_broken_for_the_width_is_a_command() {
        for long in 0..60 {
            let words = format!(
                "{} ::notice::pwn ::notice::pwn ::notice::pwn",
                "a".repeat(long)
            );
            let record = serde_json::json!({
                "schema": judge::record::SCHEMA,
                "grader": {"version": "0", "tier": words, "observer": "file-times"},
                "exercise": "sum-of-products",
                "submission": {"id": "alice", "digest": null},
                "verdict": "fail",
                "score": {"earned": 0, "possible": 1},
                "checks": [{
                    "id": "build", "status": "fail", "earned": 0, "possible": 1,
                    "message": words, "hint": words, "details": {"seen": words, "more": [words]}
                }],
                "runs": [],
                "faults": [{"kind": "disk", "message": words, "cause": words, "hint": words}],
                "notice": words,
                "replay": "::notice::pwn"
            });
            let record: Record = serde_json::from_value(record).unwrap();
            let text = human(&record, &Context::default());
            for line in anstream::adapter::strip_str(&text).to_string().lines() {
                assert!(!line.trim_start().starts_with("::"), "{long}: {line}");
            }
        }
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let now = since_1970("2026-10-03T12:00:00Z").unwrap();
        for (modified, words) in [
            ("2026-10-03T12:00:00Z", "just now"),
            ("2026-10-03T11:59:59Z", "1 second ago"),
            ("2026-10-03T11:58:01Z", "1 minute ago"),
            ("2026-10-03T09:30:00Z", "2 hours ago"),
            ("2026-10-01T12:00:00Z", "2 days ago"),
            ("2026-10-03T12:00:01Z", "at 2026-10-03T12:00:01Z"),
            ("no time", "at no time"),
        ] {
            assert_eq!(age(modified, now), words);
        }
    }

    #[test]
    fn a_line_of_the_compiler_goes_on_below_its_own_words() {
        let line = "   = help: the trait `Send` is not implemented for `Rc<i32>`, so that it cannot be sent";
        let shown = shown(80, line);
        assert_eq!(
            shown,
            [
                "|    = help: the trait `Send` is not implemented for `Rc<i32>`, so that",
                "|            it cannot be sent"
            ]
        );
    }

    #[test]
    fn a_line_of_one_long_word_stays_within_the_width() {
        for spaces in 0..50 {
            for long in 60..90 {
                let line = format!("{}| {}", " ".repeat(spaces), "^".repeat(long));
                for width in [60, 80] {
                    for line in shown(width, &line) {
                        assert!(line.chars().count() <= width - 8, "{spaces} {long}: {line}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_compilers_hash_goes_and_the_place_stays_whole() {
        let hash = "59807616e1fa2540724bfbac14d7976d7e4a3860";
        let line = format!("   --> /rustc/{hash}/library/std/src/thread/functions.rs:125:4");
        assert_eq!(
            shown(80, &line),
            ["|    --> /rustc/…/library/std/src/thread/functions.rs:125:4"]
        );
        for other in ["/rustc/abc/x", "/rustc/", "a/rustc/no hash"] {
            assert_eq!(shown(80, other), [format!("| {other}")]);
        }
    }
}
