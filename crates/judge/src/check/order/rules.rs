//! Whether the times of a run break one rule, and how.
//!
//! Never words anything for the student.

use super::{
    super::clock::{Clock, Line, Span},
    Broken,
};
use crate::questions::OrderRule;
use ids::FilePattern;

/// A line that comes later than its file by more than this is late, even if no other file comes before it. A program that
/// looks now and then whether something has come, with short pauses, is in time.
const GRACE_MS: u32 = 100;

/// How a run breaks a rule; `None` if it keeps it. `lines` is `None` if their times are not known.
pub(super) fn broken(
    rule: &OrderRule,
    clock: &Clock<'_>,
    lines: Option<&[Line<'_>]>,
) -> Option<Broken> {
    match rule {
        OrderRule::PrintedWhenRead { files, line } => match lines {
            Some(lines) => when_read(files, line, clock, lines),
            None => Some(Broken::LinesUnknown),
        },
        OrderRule::PrintedWhileReading {
            files,
            line,
            after_ms,
            before_ms,
        } => match lines {
            Some(lines) => clock
                .files(files)
                .find_map(|file| while_reading(file, line, (*after_ms, *before_ms), clock, lines)),
            None => Some(Broken::LinesUnknown),
        },
        OrderRule::Backlog {
            produced,
            consumed,
            most,
        } => backlog(produced, consumed, *most, clock),
        OrderRule::AtMost { files, number } => at_most(files, *number, clock),
        OrderRule::Once { files } => once(files, clock),
    }
}

/// One file with its line.
struct Pair {
    file: u32,
    line: String,
    span: Span,
    /// The times at which a line that fits was printed.
    printed: Vec<u32>,
}

impl Pair {
    /// The pair of a file, or why there is none.
    fn of(file: u32, pattern: &str, clock: &Clock<'_>, lines: &[Line<'_>]) -> Result<Self, Broken> {
        let name = clock.name(file);
        let Some(span) = clock.span(file) else {
            return Err(Broken::NotRead {
                file: name.to_owned(),
            });
        };
        let line = expanded(pattern, name);
        let fits = lines.iter().filter(|other| fits(other.text, &line));
        let printed: Vec<u32> = fits.map(|line| line.time).collect();
        if printed.is_empty() {
            let file = name.to_owned();
            return Err(Broken::NoLine { file, line });
        }
        Ok(Self {
            file,
            line,
            span,
            printed,
        })
    }

    /// The time of the first line that did not come too early, or else of the first one.
    fn time(&self) -> u32 {
        let in_time = self.printed.iter().find(|&&time| time >= self.span.end);
        in_time
            .or(self.printed.first())
            .copied()
            .unwrap_or_default()
    }
}

/// The line of a file: `{name}` and `{stem}` are filled in.
fn expanded(pattern: &str, name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    pattern.replace("{name}", name).replace("{stem}", stem)
}

/// Whether a line contains a text, and not as a part of a longer word or number.
fn fits(line: &str, text: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (first, last) = (text.chars().next(), text.chars().next_back());
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let behind = line[at + text.len()..].chars().next();
        let goes_on = is_word(first) && is_word(before) || is_word(last) && is_word(behind);
        !goes_on
    })
}

fn when_read(
    files: &FilePattern,
    line: &str,
    clock: &Clock<'_>,
    lines: &[Line<'_>],
) -> Option<Broken> {
    let pairs: Result<Vec<Pair>, Broken> = clock
        .files(files)
        .map(|file| Pair::of(file, line, clock, lines))
        .collect();
    let mut pairs = match pairs {
        Ok(pairs) => pairs,
        Err(broken) => return Some(broken),
    };
    pairs.sort_by_key(|pair| pair.span.end);
    let (first, last) = (pairs.first()?.span.end, pairs.last()?.span.end);
    let is_early = |pair: &&Pair| pair.time() < pair.span.end;
    if let Some(pair) = pairs.iter().find(is_early) {
        return Some(Broken::Early {
            line: pair.line.clone(),
            printed: pair.time(),
            came: pair.span.end,
        });
    }
    let (pair, next) = pairs.iter().find_map(|pair| {
        let end = pair.span.end;
        let next = pairs.iter().map(|other| other.span.end);
        let next = next.filter(|other| *other > end).min();
        let too_late = end.saturating_add(GRACE_MS + 1);
        let too_late = next.map_or(too_late, |next| next.min(too_late));
        let next = next.filter(|next| *next == too_late);
        (pair.time() >= too_late).then_some((pair, next))
    })?;
    if pairs.len() > 1 && pairs.iter().all(|pair| pair.time() >= last) {
        let lines = pairs.len();
        return Some(Broken::AtTheEnd { lines, first, last });
    }
    let printed = pair.time();
    let with = pairs
        .iter()
        .find(|other| other.file != pair.file && other.span.end == printed);
    Some(Broken::Late {
        file: clock.name(pair.file).to_owned(),
        line: pair.line.clone(),
        came: pair.span.end,
        next,
        printed,
        with: with.map(|other| clock.name(other.file).to_owned()),
    })
}

fn while_reading(
    file: u32,
    line: &str,
    (after, before): (u32, Option<u32>),
    clock: &Clock<'_>,
    lines: &[Line<'_>],
) -> Option<Broken> {
    let pair = match Pair::of(file, line, clock, lines) {
        Ok(pair) => pair,
        Err(broken) => return Some(broken),
    };
    let Span { start, end } = pair.span;
    let earliest = start.saturating_add(after);
    let latest = before.map_or(end, |before| end.min(start.saturating_add(before)));
    let in_time = |time: &u32| (earliest..latest).contains(time);
    if pair.printed.iter().any(in_time) {
        return None;
    }
    let file = clock.name(file).to_owned();
    let (line, printed) = (pair.line, pair.printed[0]);
    Some(if printed >= end {
        Broken::Waited {
            file,
            line,
            printed,
            came: end,
        }
    } else if let Some(before) = before.filter(|_| printed >= latest) {
        Broken::TimeOutTooLong {
            line,
            waited: printed.saturating_sub(start),
            before,
        }
    } else if after > 0 {
        Broken::NoTimeOut {
            line,
            waited: printed.saturating_sub(start),
            least: after,
        }
    } else {
        Broken::Early {
            line,
            printed,
            came: start,
        }
    })
}

/// The largest number of files that are read to their end and not yet used. What happens at one time is counted together.
fn backlog(
    produced: &FilePattern,
    consumed: &FilePattern,
    most: u32,
    clock: &Clock<'_>,
) -> Option<Broken> {
    let spans = |pattern| clock.files(pattern).filter_map(|file| clock.span(file));
    let mut made: Vec<u32> = spans(produced).map(|span| span.end).collect();
    let mut used: Vec<u32> = spans(consumed).map(|span| span.start).collect();
    made.sort_unstable();
    used.sort_unstable();
    let waiting = |time: u32| {
        let until = |times: &[u32]| times.partition_point(|&other| other <= time);
        until(&made).saturating_sub(until(&used))
    };
    // Of equal numbers the first.
    let largest = made.iter().rev().max_by_key(|&&time| waiting(time))?;
    let seen = waiting(*largest);
    (seen > most as usize).then_some(Broken::Backlog {
        seen,
        most,
        time: *largest,
    })
}

/// Whether more files are being read at a time. What ends when another begins is not read beside it.
fn at_most(files: &FilePattern, number: u32, clock: &Clock<'_>) -> Option<Broken> {
    let spans: Vec<Span> = clock
        .files(files)
        .filter_map(|file| clock.span(file))
        .collect();
    let reading = |time: u32| {
        let is_read = |span: &&Span| span.start <= time && time < span.end;
        spans.iter().filter(is_read).count()
    };
    let starts = spans.iter().map(|span| span.start);
    let time = starts.min_by_key(|&time| (std::cmp::Reverse(reading(time)), time))?;
    let seen = reading(time);
    (seen > number as usize).then_some(Broken::TooMany { seen, number, time })
}

fn once(files: &FilePattern, clock: &Clock<'_>) -> Option<Broken> {
    let twice: Vec<u32> = clock
        .files(files)
        .filter(|&file| clock.times(file) > 1)
        .collect();
    if let Some(&first) = twice.first() {
        return Some(Broken::Twice {
            file: clock.name(first).to_owned(),
            times: clock.times(first),
            files: twice.len(),
        });
    }
    let unread = |file: &u32| clock.span(*file).is_none();
    let never: Vec<u32> = clock.files(files).filter(unread).collect();
    never.first().map(|&first| Broken::Never {
        file: clock.name(first).to_owned(),
        files: never.len(),
    })
}
