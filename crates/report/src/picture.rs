//! The picture of a run for a terminal: who read when, one row for each thread.
//!
//! A column is one round, the time in which the slow disk brings a file. Where the run looks the same from its start to
//! its end, the picture shows as many rounds as there are columns; otherwise it shows all rounds, many in a column, and
//! the darkness of a block is the part of them in which the thread reads. The reference stands below as one row. All
//! that the picture shows is also said in a sentence. Never judges.

use std::fmt::Write as _;

use crate::{
    slow::SlowRun,
    slow_picture,
    style::{DIM, NARROW, WIDTH, lines_of},
    timeline::{Lane, Timeline},
};
use ids::words::count;
use judge::record::{Record, Run};

/// The terminal that a picture is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Its width in characters.
    pub columns: usize,
    /// Whether it draws block characters.
    pub has_blocks: bool,
}

impl Screen {
    /// The width of a report: that of the terminal within what is readable, and the usual one where there is none.
    #[must_use]
    pub fn width(screen: Option<Self>) -> usize {
        screen.map_or(WIDTH, |screen| screen.columns.clamp(NARROW, WIDTH))
    }
}

/// The most threads that have a row.
const MOST_LANES: usize = 8;
/// Width of the names of the rows.
const NAME: usize = 11;
/// A picture of fewer columns shows nothing, and one of more is hard to follow.
const COLUMNS: std::ops::RangeInclusive<usize> = 16..=60;

/// From nothing in a column to all of it.
const BLOCKS: [char; 5] = [' ', '░', '▒', '▓', '█'];
const ASCII: [char; 5] = [' ', '.', ':', 'o', '#'];

/// The run of a record that has a timeline in rounds, and the timeline.
pub(crate) fn drawn_run(record: &Record) -> Option<(&Run, Timeline)> {
    let mut runs = record.runs.iter();
    let run = runs.find(|run| run.timeline.is_some() && run.unit.is_none())?;
    Some((run, Timeline::read(run.timeline.as_deref()?)?))
}

/// The run of a record that has a timeline in milliseconds, and what it shows.
pub(crate) fn slow_run(record: &Record) -> Option<(&Run, SlowRun<'_>)> {
    let mut runs = record.runs.iter();
    runs.find_map(|run| Some((run, SlowRun::of(run)?)))
}

/// The picture of the observed run, each line behind `indent`. Nothing where no timeline is known, or on a screen that is
/// too narrow.
pub(crate) fn picture(record: &Record, screen: Screen, indent: &str) -> String {
    let shades = if screen.has_blocks { BLOCKS } else { ASCII };
    if let Some((run, own)) = slow_run(record) {
        let reference = SlowRun::of_reference(run);
        return slow_picture::draw(&own, reference.as_ref(), indent, screen.columns, shades);
    }
    let Some((run, timeline)) = drawn_run(record) else {
        return String::new();
    };
    let room = screen.columns.saturating_sub(indent.len() + NAME + 1);
    if room < *COLUMNS.start() {
        return String::new();
    }
    let reference = run.reference.as_ref();
    let reference = reference.and_then(|run| Timeline::read(&run.timeline));
    Picture {
        timeline: &timeline,
        reference: reference.as_ref(),
        columns: room.min(*COLUMNS.end()),
        shades,
    }
    .draw(indent, screen.columns)
}

struct Picture<'a> {
    timeline: &'a Timeline,
    reference: Option<&'a Timeline>,
    columns: usize,
    shades: [char; 5],
}

impl Picture<'_> {
    fn draw(&self, indent: &str, width: usize) -> String {
        let timeline = self.timeline;
        let all = timeline.at_once.len();
        let per_column = self.rounds_per_column();
        let shown = (per_column * self.columns).min(all);
        let mut text = String::new();
        let sentence = self.sentence(per_column, shown);
        let options = lines_of(width.min(WIDTH))
            .initial_indent(indent)
            .subsequent_indent(indent);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", textwrap::fill(&sentence, options));
        let reads = |lane: &&Lane| {
            lane.spans
                .first()
                .is_some_and(|(first, _)| (*first as usize) < shown)
        };
        let lanes: Vec<&Lane> = timeline.lanes.iter().filter(reads).collect();
        for (number, lane) in lanes.iter().take(MOST_LANES).enumerate() {
            let name = format!("thread {}", number + 1);
            row(
                &mut text,
                indent,
                &name,
                &self.shaded(lane, per_column, shown),
            );
        }
        let more = timeline
            .lanes
            .len()
            .saturating_sub(MOST_LANES.min(lanes.len()));
        if more > 0 {
            let _ = writeln!(
                text,
                "{indent}{DIM}and {}{DIM:#}",
                count(more, "more thread")
            );
        }
        row(
            &mut text,
            indent,
            "at once",
            &digits(timeline, per_column, shown),
        );
        if let Some(reference) = self.reference {
            let shown = (per_column * self.columns).min(reference.at_once.len());
            row(
                &mut text,
                indent,
                "reference",
                &digits(reference, per_column, shown),
            );
        }
        text
    }

    /// One where the first rounds tell all: then each has its own column.
    fn rounds_per_column(&self) -> usize {
        let at_once = &self.timeline.at_once;
        let first = &at_once[..at_once.len().min(self.columns)];
        let (first, all) = (mean(first), mean(at_once));
        if (first - all).abs() <= all / 10.0 {
            1
        } else {
            at_once.len().div_ceil(self.columns)
        }
    }

    /// What to see.
    fn sentence(&self, per_column: usize, shown: usize) -> String {
        let rounds = self.timeline.at_once.len();
        let cells = if per_column == 1 {
            "one column is one round, the time in which the slow disk brings a file. A block is a file that the thread \
             waits for"
                .to_owned()
        } else {
            format!(
                "one column is {per_column} rounds; in a round the slow disk brings a file. The darker a block, the more \
                 of this time the thread waits for files"
            )
        };
        let part = if shown < rounds {
            format!(
                " These are the first {shown} of {}.",
                count(rounds, "round")
            )
        } else {
            String::new()
        };
        let reference = self.reference.map(|reference| {
            let other = reference.at_once.len();
            format!(
                " Your program needs {}, the reference {other}.",
                count(rounds, "round")
            )
        });
        format!(
            "Who reads when: one row is one thread, {cells}. Files in the same column are read at the same time; `at \
             once` counts them.{part}{}",
            reference.unwrap_or_default()
        )
    }

    /// A character for each column: how much of it the thread reads.
    fn shaded(&self, lane: &Lane, per_column: usize, shown: usize) -> String {
        let starts = (0..shown).step_by(per_column);
        let cells = starts.map(|start| {
            let end = (start + per_column).min(shown);
            let of_span = |(first, after): &(u32, u32)| {
                (*after as usize)
                    .min(end)
                    .saturating_sub((*first as usize).max(start))
            };
            let filled: usize = lane.spans.iter().map(of_span).sum();
            // Little is not nothing.
            let steps = self.shades.len() - 1;
            self.shades[(filled * steps).div_ceil(end - start)]
        });
        cells.collect()
    }
}

fn row(text: &mut String, indent: &str, name: &str, cells: &str) {
    let _ = writeln!(
        text,
        "{indent}{DIM}{name:<NAME$}{DIM:#}{}",
        cells.trim_end()
    );
}

/// A digit for each column: how many files are read at once, on average.
fn digits(timeline: &Timeline, per_column: usize, shown: usize) -> String {
    let columns = timeline.at_once[..shown].chunks(per_column);
    let cells = columns.map(|column| {
        let nearest = mean(column).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a mean of counts"
        )]
        let digit = char::from_digit(nearest as u32, 10);
        digit.unwrap_or('+')
    });
    cells.collect()
}

fn mean(counts: &[u32]) -> f64 {
    let sum: u32 = counts.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "a mean of counts")]
    let number = counts.len().max(1) as f64;
    f64::from(sum) / number
}

/// The same in numbers, a line for each thread, where nothing can be drawn.
pub(crate) fn threads_in_numbers(record: &Record) -> Vec<String> {
    if let Some((_, slow)) = slow_run(record) {
        return slow_picture::in_lines(&slow);
    }
    let Some((_, timeline)) = drawn_run(record) else {
        return Vec::new();
    };
    let lanes = timeline.lanes.iter().enumerate().take(MOST_LANES);
    let mut said: Vec<String> = lanes
        .map(|(number, lane)| {
            let first = lane.spans.first().map_or(0, |(first, _)| first + 1);
            let last = lane.spans.last().map_or(0, |(_, after)| *after);
            format!(
                "thread {} reads {}, from round {first} to round {last}",
                number + 1,
                count(lane.files, "file")
            )
        })
        .collect();
    let more = timeline.lanes.len().saturating_sub(MOST_LANES);
    if more > 0 {
        said.push(format!("and {}", count(more, "more thread")));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(own: &str, reference: Option<&str>, columns: usize, has_blocks: bool) -> String {
        let own = Timeline::read(own).unwrap();
        let reference = reference.map(|text| Timeline::read(text).unwrap());
        let text = Picture {
            timeline: &own,
            reference: reference.as_ref(),
            columns,
            shades: if has_blocks { BLOCKS } else { ASCII },
        }
        .draw("  ", 60);
        anstream::adapter::strip_str(&text).to_string()
    }

    /// So many rounds in which these threads take turns.
    fn in_turns(threads: u32, rounds: u32) -> String {
        let reads =
            (0..rounds).map(|round| format!("{} {round} {round} {}", round % threads, round + 1));
        reads.collect::<Vec<_>>().join(";")
    }

    #[test]
    fn threads_that_take_turns_are_never_in_one_column() {
        let text = drawn(&in_turns(2, 100), Some("0 0 0 3;1 1 0 3"), 20, true);
        let rows: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.contains("thread 1"))
            .collect();
        assert_eq!(
            rows,
            [
                "  thread 1   █ █ █ █ █ █ █ █ █ █",
                "  thread 2    █ █ █ █ █ █ █ █ █ █",
                "  at once    11111111111111111111",
                "  reference  222",
            ]
        );
        assert!(text.contains("the first 20 of 100 rounds"), "{text}");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("Your program needs 100 rounds, the reference 3."),
            "{text}"
        );
    }

    #[test]
    fn an_uneven_split_is_seen_as_a_whole() {
        let text = drawn("0 0 0 90;1 1 0 10", None, 9, false);
        let rows: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.contains("thread 1"))
            .collect();
        assert_eq!(
            rows,
            [
                "  thread 1   #",
                "  thread 2   #########",
                "  at once    211111111"
            ]
        );
    }

    #[test]
    fn many_threads_are_counted_and_no_line_is_wider_than_the_screen() {
        for columns in [16, 42, 60] {
            for threads in [1, 3, 30, 1000] {
                let text = drawn(&in_turns(threads, 1000), None, columns, true);
                for line in text.lines() {
                    assert!(line.chars().count() <= 60.max(columns + 2 + NAME), "{line}");
                }
                let lanes = text
                    .lines()
                    .filter(|line| line.contains("  thread "))
                    .count();
                assert_eq!(lanes, MOST_LANES.min(threads as usize));
                assert_eq!(text.contains("more threads"), threads > 8, "{text}");
            }
        }
    }
}
