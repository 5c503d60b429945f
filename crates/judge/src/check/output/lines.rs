//! What a run printed beside what the reference printed, line by line.
//!
//! White space at the end of a line, and blank lines, do not count. Decides whether the answer is the same, and finds the
//! first difference. Never words anything for the student.

use std::collections::HashMap;

use crate::{evidence::RunEvidence, questions::Answer};
use evidence::Captured;

/// How the answer of a run differs from the reference's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum Differs {
    /// Nothing was printed.
    Nothing,
    /// The lines are right, and in another order than the reference's.
    WrongOrder {
        /// The first place, counted from one, at which another line stands.
        line: usize,
        /// The line that stands there.
        seen: String,
        /// The line that is to stand there.
        expected: String,
        /// The line, counted from one, at which it stands.
        comes: usize,
    },
    /// All that was printed is right, and some lines are missing.
    Missing {
        /// How many.
        lines: usize,
        /// The first of them.
        first: String,
    },
    /// All lines are there, and some are there too often.
    Twice {
        /// How many are too many.
        lines: usize,
        /// The first of them.
        first: String,
    },
    /// All lines are there, and others beside them.
    More {
        /// How many others.
        lines: usize,
        /// The first of them.
        first: String,
    },
    /// Several lines stand in one.
    Joined {
        /// The line, counted from one.
        line: usize,
        /// What is there.
        seen: String,
        /// How many they are.
        parts: usize,
    },
    /// A line has the right value, and other text around it.
    Format {
        /// The line, counted from one.
        line: usize,
        /// What is there.
        seen: String,
        /// What is to be there.
        expected: String,
    },
    /// A line has another value.
    Wrong {
        /// The line, counted from one.
        line: usize,
        /// What is there.
        seen: String,
        /// What is to be there.
        expected: String,
    },
    /// So much was printed that not all of it is kept, and the answer is far shorter.
    TooLong,
}

/// How the answer of a run differs from the reference's; `None` if it is the same.
pub(in crate::check) fn difference(answer: Answer, run: &RunEvidence) -> Option<Differs> {
    let stdout = &run.execution.stdout;
    let expected = lines(&run.expected);
    match answer {
        Answer::LastLine => last_line(stdout, expected.last().copied().unwrap_or_default()),
        Answer::Lines | Answer::LinesInAnyOrder => {
            let is_ordered = answer == Answer::Lines;
            if stdout.omitted > 0 {
                return Some(cut(stdout, &expected, is_ordered));
            }
            compare(&lines(&stdout.head), &expected, is_ordered)
        }
    }
}

/// The lines of an answer: those that are not blank, without the white space at their ends.
#[must_use]
pub fn lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim_end);
    lines.filter(|line| !line.is_empty()).collect()
}

fn last_line(stdout: &Captured, expected: &str) -> Option<Differs> {
    let Some(seen) = stdout.last_line() else {
        let is_cut = stdout.omitted > 0 && !stdout.tail.trim().is_empty();
        return Some(if is_cut {
            Differs::TooLong
        } else {
            Differs::Nothing
        });
    };
    let expected = expected.trim();
    if seen == expected {
        return None;
    }
    let all = lines(&stdout.head);
    let others = all.iter().rev().take_while(|line| line.trim() != expected);
    let others = others.count();
    if stdout.omitted == 0 && others < all.len() {
        return Some(Differs::More {
            lines: others,
            first: all[all.len() - others].to_owned(),
        });
    }
    let (line, seen, expected) = (all.len(), seen.to_owned(), expected.to_owned());
    Some(if has_value(&seen, &expected) {
        Differs::Format {
            line,
            seen,
            expected,
        }
    } else {
        Differs::Wrong {
            line,
            seen,
            expected,
        }
    })
}

/// The difference where a part of the output was not kept: by what is certain from its beginning.
fn cut(stdout: &Captured, expected: &[&str], is_ordered: bool) -> Differs {
    // The last line of the beginning may be cut itself.
    let whole = stdout
        .head
        .rfind('\n')
        .map_or("", |end| &stdout.head[..end]);
    let seen = lines(whole);
    match compare(&seen, expected, is_ordered) {
        None | Some(Differs::Nothing | Differs::Missing { .. }) => Differs::TooLong,
        Some(differs) => differs,
    }
}

fn compare(seen: &[&str], expected: &[&str], is_ordered: bool) -> Option<Differs> {
    if seen.is_empty() && !expected.is_empty() {
        return Some(Differs::Nothing);
    }
    let (missing, extra) = (left_of(expected, seen), left_of(seen, expected));
    let own = |text: &str| text.to_owned();
    match (missing.first(), extra.first()) {
        (None, None) => wrong_order(seen, expected).filter(|_| is_ordered),
        (Some(&first), None) => Some(Differs::Missing {
            lines: missing.len(),
            first: own(expected[first]),
        }),
        (None, Some(&first)) => {
            let (lines, again) = (extra.len(), |&at: &usize| expected.contains(&seen[at]));
            let first = own(seen[first]);
            Some(if extra.iter().all(again) {
                Differs::Twice { lines, first }
            } else {
                Differs::More { lines, first }
            })
        }
        (Some(_), Some(_)) => {
            if let Some(joined) = joined(seen, expected, &missing, &extra) {
                return Some(joined);
            }
            let in_place = is_ordered.then(|| wrong_in_place(seen, expected, &missing, &extra));
            let wrong = || wrong_line(seen, expected, &missing, &extra);
            Some(in_place.flatten().unwrap_or_else(wrong))
        }
    }
}

/// The positions of the lines of the first list that the second does not have, each as often as it is missing.
fn left_of(first: &[&str], second: &[&str]) -> Vec<usize> {
    let mut there: HashMap<&str, usize> = HashMap::new();
    for line in second {
        *there.entry(line).or_default() += 1;
    }
    let is_left = |line: &str| match there.get_mut(line) {
        Some(times) if *times > 0 => {
            *times -= 1;
            false
        }
        _ => true,
    };
    let mut is_left = is_left;
    (0..first.len()).filter(|&at| is_left(first[at])).collect()
}

/// The first place at which another line of the same lines stands.
fn wrong_order(seen: &[&str], expected: &[&str]) -> Option<Differs> {
    let at = (0..seen.len()).find(|&at| seen[at] != expected[at])?;
    let comes = seen
        .iter()
        .skip(at)
        .position(|&line| line == expected[at])?
        + at;
    Some(Differs::WrongOrder {
        line: at + 1,
        seen: seen[at].to_owned(),
        expected: expected[at].to_owned(),
        comes: comes + 1,
    })
}

/// The first place at which another line stands, if the one that is to be there is missing and the one that is there is
/// one too many.
fn wrong_in_place(
    seen: &[&str],
    expected: &[&str],
    missing: &[usize],
    extra: &[usize],
) -> Option<Differs> {
    let mut both = seen.iter().zip(expected);
    let at = both.position(|(seen, expected)| seen != expected)?;
    let is_missing = missing.iter().any(|&one| expected[one] == expected[at]);
    let is_extra = extra.iter().any(|&one| seen[one] == seen[at]);
    let (line, value) = (at + 1, has_value(seen[at], expected[at]));
    let (seen, expected) = (seen[at].to_owned(), expected[at].to_owned());
    let differs = if value {
        Differs::Format {
            line,
            seen,
            expected,
        }
    } else {
        Differs::Wrong {
            line,
            seen,
            expected,
        }
    };
    (is_missing && is_extra).then_some(differs)
}

/// The first line that is no expected one, and the expected one that it was most likely to be: one with the same value,
/// else one with the same label, else the only one with that last word, else one that begins with the same word, else the
/// first that is missing.
fn wrong_line(seen: &[&str], expected: &[&str], missing: &[usize], extra: &[usize]) -> Differs {
    let pair = |is_like: &dyn Fn(&str, &str) -> bool| {
        extra.iter().find_map(|&at| {
            let is_like = |&&like: &&usize| is_like(seen[at], expected[like]);
            let like = missing.iter().find(is_like)?;
            Some((at, *like))
        })
    };
    if let Some((at, like)) = pair(&has_value) {
        return Differs::Format {
            line: at + 1,
            seen: seen[at].to_owned(),
            expected: expected[like].to_owned(),
        };
    }
    let label = |line: &str| {
        let mut words = words(line);
        words.pop().filter(|_| !words.is_empty()).map(|_| words)
    };
    let last = |line: &str| words(line).pop();
    let mut times: HashMap<Option<String>, usize> = HashMap::new();
    for &like in missing {
        *times.entry(last(expected[like])).or_default() += 1;
    }
    let is_only = |seen: &str, like: &str| {
        let value = last(like);
        value.is_some() && value == last(seen) && times.get(&value) == Some(&1)
    };
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let (at, like) = pair(&|seen, like| label(seen).is_some() && label(seen) == label(like))
        .or_else(|| pair(&is_only))
        .or_else(|| pair(&|seen, like| first(seen) == first(like)))
        .unwrap_or((extra[0], missing[0]));
    Differs::Wrong {
        line: at + 1,
        seen: seen[at].to_owned(),
        expected: expected[like].to_owned(),
    }
}

/// The first line that is made of several of the missing ones, as if the line feed between them had been left out.
fn joined(seen: &[&str], expected: &[&str], missing: &[usize], extra: &[usize]) -> Option<Differs> {
    let beside = |c: char| !c.is_alphanumeric();
    let missing = missing
        .iter()
        .map(|&at| expected[at].trim_start_matches(beside));
    let mut missing: Vec<&str> = missing.filter(|line| !line.is_empty()).collect();
    // Of two that fit, the longer one: `a: 1` is the beginning of `a: 12` too.
    missing.sort_by_key(|line| std::cmp::Reverse(line.len()));
    let parts = |line: &str| {
        let (mut rest, mut parts) = (line.trim_start_matches(beside), 0_usize);
        while !rest.is_empty() {
            let part = missing.iter().find_map(|line| rest.strip_prefix(line))?;
            rest = part.trim_start_matches(beside);
            parts += 1;
        }
        (parts > 1).then_some(parts)
    };
    extra.iter().find_map(|&at| {
        Some(Differs::Joined {
            line: at + 1,
            seen: seen[at].to_owned(),
            parts: parts(seen[at])?,
        })
    })
}

/// The words of a line in small letters, and its numbers without zeros before them.
fn words(line: &str) -> Vec<String> {
    let words = line.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(|word| {
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        let digits = word.trim_start_matches('0');
        match (is_number, digits) {
            (true, "") => "0".to_owned(),
            (true, digits) => digits.to_owned(),
            (false, _) => word.to_lowercase(),
        }
    });
    words.collect()
}

/// Whether a line has the value of another, its last word, and differs in the text beside it alone.
fn has_value(seen: &str, expected: &str) -> bool {
    let (seen, expected) = (words(seen), words(expected));
    let Some((value, label)) = expected.split_last() else {
        return false;
    };
    // `second: 41` is no other spelling of `first: 41`: what names the line must not name another one.
    let is_named = seen
        .iter()
        .all(|word| word == value || label.contains(word) || word.chars().all(char::is_alphabetic));
    let is_other = seen.len() == expected.len() && seen.last() == Some(value) && {
        let labels = seen.iter().zip(label);
        labels.filter(|(one, other)| one != other).count() > 0
    };
    seen.contains(value) && is_named && !is_other
}
