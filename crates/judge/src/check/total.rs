//! `total`: the printed total equals the reference's, on every seed.

use super::{
    finding::{Details, Finding, Mistake, Status},
    words::{count, last_lines, shortened, without_thread_numbers},
};
use crate::evidence::RunEvidence;
use evidence::{Captured, Observed};
use ids::{CheckId, words::within_backticks};

/// The mistake of a program that ends before its threads do. What it prints then is no total of anything.
const NOT_JOINED: &str = "not-joined";
/// Mistakes in reading. A total can say more exactly which one it is.
const NO_FILE_READ: &str = "no-file-read";
const NOT_ALL_FILES_READ: &str = "not-all-files-read";
const FILES_HALF_READ: &str = "files-half-read";
/// The mistake of a program that prints the sum of each part, and not the total of all.
pub(crate) const PARTS_PRINTED: &str = "parts-printed";

/// What to do about each of them first.
const JOIN: &str = "the program ended while its threads were still reading: keep what `spawn` returns and `join` \
                    it before the total is printed, or use `thread::scope`";
const FIND_FILES: &str = "no file was read: are the files found, and is each one opened and read?";
const READ_ALL_FILES: &str =
    "not all files were read, so their sum cannot be right: look first at what `files-read` says";
const READ_TO_THE_END: &str =
    "the files were read only in part: look first at what `files-read` says";

/// Whether a wrong total is a number that is not explained, or not exactly.
pub(crate) fn is_open(finding: &Finding) -> bool {
    finding.status == Status::Fail
        && matches!(
            finding.diagnosis.as_deref(),
            None | Some(NO_FILE_READ | NOT_ALL_FILES_READ | FILES_HALF_READ)
        )
}

pub(super) fn check(runs: &[RunEvidence]) -> Finding {
    let wrong: Vec<_> = runs
        .iter()
        .filter(|run| !is_right(run))
        .map(|run| (run, answer(&run.execution.stdout)))
        .collect();
    let Some((run, answer)) = wrong.first() else {
        let message = match runs.len() {
            1 => "right on the dataset".to_owned(),
            n => format!("right on all {n} datasets"),
        };
        return Finding::pass(CheckId::Total, message);
    };
    let details = Details {
        seed: Some(run.seed),
        expected: Some(run.expected.clone()),
        seen: Some(answer.seen()),
        output: last_lines(&without_thread_numbers(&run.execution.stderr.head), 4),
        ..Details::default()
    };
    let which = if wrong.len() == runs.len() {
        match runs.len() {
            1 => "wrong on the dataset".to_owned(),
            n => format!("wrong on all {n} datasets"),
        }
    } else {
        format!(
            "wrong on {} of {}",
            wrong.len(),
            count(runs.len(), "dataset")
        )
    };
    let finding = Finding::fail(CheckId::Total, which, details);
    // An observed run tells more.
    let observed = wrong
        .iter()
        .find(|(run, _)| run.execution.observation.is_some());
    let told = observed.map_or(*run, |(run, _)| *run);
    if matches!(answer, Answer::Number(_) | Answer::Nothing)
        && let Some((mistake, hint)) = not_read(told)
    {
        return finding.diagnosed(mistake).hint(hint);
    }
    if let Some(line) = earlier_line(run) {
        return finding.diagnosed("total-not-last").hint(format!(
            "the right total is on line {line} of the output, but it must be the last line: print nothing after it"
        ));
    }
    let parts: Option<Vec<usize>> = wrong.iter().map(|(run, _)| printed_parts(run)).collect();
    if let Some(parts) = parts {
        return finding.diagnosed(PARTS_PRINTED).hint(parts_hint(parts[0]));
    }
    let (mistake, hint) = match answer {
        Answer::Nothing => (
            "nothing-printed",
            "print the total with `println!` before `main` ends".into(),
        ),
        Answer::TooLong => (
            "last-line-too-long",
            "print the total alone on the last line".into(),
        ),
        Answer::Text(_) if !run.execution.stdout.is_utf8 => not_utf8(),
        Answer::Text(line) => text_hint(line, &run.expected),
        Answer::Number(zero) if zero == "0" && adds_elsewhere(told) => (
            "adds-to-a-copy",
            "0 is the sum of nothing, and yet all files were read: a thread that `move`s a number adds to a copy of it. \
             Return the sum from the thread, or use an atomic"
                .into(),
        ),
        Answer::Number(zero) if zero == "0" => (
            "nothing-added",
            "0 is the sum of nothing: what came of reading the files, and is it added up?".into(),
        ),
        // `mistakes` tells more.
        Answer::Number(_) if wrong.len() < runs.len() => {
            return finding.hint(
                "right on some datasets only: is an answer remembered, or does the order in which threads finish matter?",
            );
        }
        Answer::Number(_) => return finding,
    };
    finding.diagnosed(mistake).hint(hint)
}

/// The line, counted from one, on which the right total stands alone, if it is not the last.
fn earlier_line(run: &RunEvidence) -> Option<usize> {
    let mut lines = run.execution.stdout.head.lines();
    lines
        .position(|line| number(line.trim()).is_some_and(|number| number == run.expected))
        .map(|line| line + 1)
}

/// On how many lines the total stands in parts: the last numbers of all lines add up to it.
fn printed_parts(run: &RunEvidence) -> Option<usize> {
    let stdout = &run.execution.stdout;
    let lines = stdout.head.lines().filter(|line| !line.trim().is_empty());
    let parts = lines.map(|line| line.split_whitespace().rev().find_map(number));
    let parts: Option<Vec<i128>> = parts.map(|part| part?.parse().ok()).collect();
    let parts = parts.filter(|parts| stdout.omitted == 0 && parts.len() > 1)?;
    let sum = parts
        .iter()
        .try_fold(0_i128, |sum, part| sum.checked_add(*part))?;
    (sum.to_string() == run.expected).then_some(parts.len())
}

fn parts_hint(lines: usize) -> String {
    format!(
        "the last line is only one part: the numbers on all {lines} lines together are the total. Let each thread return \
         its sum, add up what `join` gives, and print only the total"
    )
}

/// Whether threads read all files, and so whatever they computed is lost.
fn adds_elsewhere(run: &RunEvidence) -> bool {
    matches!(&run.execution.observation, Some(Observed::Seen(seen))
        if seen.concurrency.threads > 1 && seen.files_touched == 0
            && seen.files_read as usize == run.files.expected)
}

/// The mistake and what to do first, where not every file was read.
fn not_read(run: &RunEvidence) -> Option<(&'static str, &'static str)> {
    if let Some(Observed::Seen(seen)) = &run.execution.observation {
        if seen.cut_off > 0 {
            return Some((NOT_JOINED, JOIN));
        }
        if seen.files_asked_for_nothing > 0 || seen.files_touched > 0 {
            return Some((FILES_HALF_READ, READ_TO_THE_END));
        }
    }
    match (run.files.read, run.files.unread.len()) {
        (_, 0) => None,
        (0, _) => Some((NO_FILE_READ, FIND_FILES)),
        _ => Some((NOT_ALL_FILES_READ, READ_ALL_FILES)),
    }
}

/// The answer that a program gave.
#[derive(Debug, PartialEq)]
enum Answer {
    /// The last line is a whole number: in decimal, without sign plus and leading zeros.
    Number(String),
    /// The last line is something else.
    Text(String),
    /// The last line is longer than what was kept.
    TooLong,
    /// There is no line.
    Nothing,
}

impl Answer {
    fn seen(&self) -> String {
        match self {
            Self::Number(number) => shortened(number, 60),
            Self::Text(line) => format!("`{}`", within_backticks(&shortened(line, 60))),
            Self::TooLong => "a last line of more than 64 KiB".into(),
            Self::Nothing => "nothing on standard output".into(),
        }
    }
}

/// Whether a run printed the expected total.
pub(crate) fn is_right(run: &RunEvidence) -> bool {
    matches!(answer(&run.execution.stdout), Answer::Number(number) if number == run.expected)
}

fn answer(stdout: &Captured) -> Answer {
    match stdout.last_line() {
        Some(line) => number(line).map_or_else(|| Answer::Text(line.to_owned()), Answer::Number),
        None if stdout.omitted > 0 && !stdout.tail.trim().is_empty() => Answer::TooLong,
        None => Answer::Nothing,
    }
}

/// A whole number of any length, spelled in the one way in which equal numbers are equal texts.
#[must_use]
pub fn number(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match digits.trim_start_matches('0') {
        "" => Some("0".into()),
        digits => Some(format!("{sign}{digits}")),
    }
}

/// The mistake of a last line that is no whole number, and what to do.
fn text_hint(line: &str, expected: &str) -> (&'static str, String) {
    // A point between digits belongs to the number, and one at the end of a sentence does not.
    let words = line.split(|c: char| !c.is_ascii_digit() && c != '.');
    let words: Vec<&str> = words.map(|word| word.trim_matches('.')).collect();
    let numbers = line
        .split_whitespace()
        .filter(|word| number(word).is_some())
        .count();
    let fraction = line
        .strip_prefix(expected)
        .and_then(|rest| rest.strip_prefix('.'));
    if fraction.is_some_and(|zeros| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0')) {
        (
            "printed-as-float",
            "the number is right, but printed as a float: add up whole numbers, `u64` or `i64`"
                .into(),
        )
    } else if words.contains(&expected) {
        let mistake = if numbers > 1 {
            "several-numbers"
        } else {
            "text-beside-the-number"
        };
        (
            mistake,
            "the number is right, but the line must hold nothing else: `println!(\"{total}\")`"
                .into(),
        )
    } else if let Some(digits) = without_separators(line) {
        let right = if digits == expected {
            "the number is right, but "
        } else {
            ""
        };
        (
            "separators",
            format!(
                "{right}there are separators between its digits: print digits alone, `println!(\"{{total}}\")`"
            ),
        )
    } else if is_float(line) {
        (
            "printed-as-float",
            "the number is printed as a float, with a decimal point or an exponent: add up whole numbers, `u64` or \
             `i64`"
                .into(),
        )
    } else if line.contains('\u{FFFD}') {
        not_utf8()
    } else if numbers > 1 {
        (
            "several-numbers",
            "the last line must be one number: add up the numbers, and print the total alone"
                .into(),
        )
    } else {
        (
            "no-number",
            "the last line must be the total alone, a whole number in decimal".into(),
        )
    }
}

/// The mistakes that this check names itself.
pub(super) fn examples() -> Vec<Mistake> {
    let mistake = |name: &str, message: String, hint: String| Mistake {
        name: name.to_owned(),
        check: CheckId::Total,
        message,
        hint,
        code: None,
    };
    let wrong = |(name, seen, hint): (&str, &str, &str)| {
        mistake(name, format!("the total is wrong, and {seen}"), hint.into())
    };
    let not_read = [
        (
            NOT_JOINED,
            "threads still read when the program ended",
            JOIN,
        ),
        (NO_FILE_READ, "no file was read", FIND_FILES),
        (
            NOT_ALL_FILES_READ,
            "some files were not read",
            READ_ALL_FILES,
        ),
        (
            FILES_HALF_READ,
            "files were not read to their end",
            READ_TO_THE_END,
        ),
    ];
    let parts = mistake(
        PARTS_PRINTED,
        "the numbers on all lines together are the total, and the last line is only one of them"
            .into(),
        parts_hint(8),
    );
    let texts = [
        "2483973.0",
        "Total: 2483973",
        "359146 301411",
        "2,483,973",
        "the total",
    ];
    let text = |line| {
        let (name, hint) = text_hint(line, "2483973");
        let message = format!("expected is 2483973, and the last line is `{line}`");
        mistake(name, message, hint)
    };
    let not_read = not_read.into_iter().map(wrong);
    let texts = texts.into_iter().map(text);
    not_read.chain([parts]).chain(texts).collect()
}

fn not_utf8() -> (&'static str, String) {
    let hint = "the last line is not text (UTF-8): print the number with `println!`";
    ("not-utf8", hint.into())
}

/// The digits of a number that is written with separators between groups of them, such as `1,234` or
/// `12'345`, with or without words beside it. The last group has two or three digits.
fn without_separators(line: &str) -> Option<String> {
    let is_separator =
        |c: char| matches!(c, ',' | '.' | '_' | '\'' | '\u{2019}') || c.is_whitespace();
    let is_part = |c: char| c.is_ascii_digit() || is_separator(c);
    line.split(|c| !is_part(c)).find_map(|text| {
        let text = text.trim_matches(is_separator);
        let groups: Vec<&str> = text.split(is_separator).collect();
        let are_groups = groups.len() > 1
            && groups[0].len() <= 3
            && groups[1..].iter().all(|group| matches!(group.len(), 2 | 3))
            && groups.last().is_some_and(|last| last.len() == 3);
        let are_digits = groups.iter().all(|group| !group.is_empty());
        (are_groups && are_digits).then(|| groups.concat())
    })
}

fn is_float(line: &str) -> bool {
    line.contains(['.', 'e', 'E']) && line.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        for (text, same) in [
            ("7", "7"),
            ("+7", "7"),
            ("007", "7"),
            ("-007", "-7"),
            ("-0", "0"),
            ("000", "0"),
        ] {
            assert_eq!(number(text).as_deref(), Some(same), "{text}");
        }
        for text in [
            "", "-", "+", "+-7", "7.0", "7 7", "0x7", "٧", "1_000", "1e3", "−7",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn what_stands_beside_the_digits_is_named() {
        for (line, named) in [
            ("2,483,973", "right, but there are separators"),
            ("2.483.973", "right, but there are separators"),
            ("2 483 973", "right, but there are separators"),
            ("2\u{202f}483\u{202f}973", "right, but there are separators"),
            ("2'483'973", "right, but there are separators"),
            ("24,83,973", "right, but there are separators"),
            ("Sum: 2_483_973", "right, but there are separators"),
            ("1,234,567", "there are separators"),
            ("Sum: 2483973", "nothing else"),
            ("Some(2483973)", "nothing else"),
            ("2483973.0", "right, but printed as a float"),
            ("2483973.00", "right, but printed as a float"),
            ("2.483973e6", "as a float"),
            ("2483973.5", "is printed as a float"),
            ("It is 2483973.", "nothing else"),
            ("the total", "must be the total alone"),
            ("1, 2", "must be the total alone"),
            ("1,2345", "must be the total alone"),
        ] {
            let (_, hint) = text_hint(line, "2483973");
            assert!(hint.contains(named), "{line}: {hint}");
        }
        // A wrong number is not called right.
        for line in ["1,234,567", "2483973.5", "Sum: 2483973.5"] {
            let (_, hint) = text_hint(line, "2483973");
            assert!(!hint.contains("right"), "{line}: {hint}");
        }
    }

    proptest! {
        #[test]
        fn any_line_has_a_hint(line in "\\PC*", expected in any::<u64>()) {
            prop_assert!(!text_hint(&line, &expected.to_string()).1.is_empty());
        }

        #[test]
        fn a_grouped_number_is_recognised(n in 1000u64.., separator in "[,._' ]") {
            let digits = n.to_string();
            let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
            prop_assert_eq!(without_separators(&groups.join(&separator)), Some(digits));
        }

        #[test]
        fn numbers_are_equal_when_the_integers_are(a in any::<i128>(), zeros in 0usize..4) {
            let padded = format!("{}{}{}", if a < 0 { "-" } else { "" }, "0".repeat(zeros), a.unsigned_abs());
            prop_assert_eq!(number(&padded), Some(a.to_string()));
        }

        #[test]
        fn any_output_has_an_answer(head in "\\PC*", tail in "\\PC*", omitted in 0u64..3) {
            let captured = Captured { head, tail, omitted, is_utf8: true };
            if let Answer::Number(number) = answer(&captured) {
                prop_assert!(number.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()));
            }
        }

        #[test]
        fn only_the_last_line_counts(noise in "[ -~\n]*", n in any::<u64>(), blank in "[ \t\n]*") {
            let captured = Captured::complete(&format!("{noise}\n{n}\n{blank}"));
            prop_assert_eq!(answer(&captured), Answer::Number(n.to_string()));
        }
    }
}
