//! The picture of a run on a slow disk for a terminal: what was waited for when, one row for each file or thread.
//!
//! A column is the same number of virtual milliseconds in all rows. Below stand how many files were waited for at once, how
//! many lines were printed, and the reference. All that the picture shows is also said in a sentence. Never judges.

use std::fmt::Write as _;

use crate::{
    escape::escape_line,
    slow::{Row, SlowRun, Times},
    style::{DIM, WIDTH, lines_of},
};
use ids::words::count;

/// The most rows of files or threads.
const MOST_ROWS: usize = 12;
/// The widest name of a row.
const WIDEST: usize = 16;
/// The most columns; more are hard to follow.
const MOST_COLUMNS: usize = 60;
/// A picture of fewer columns shows nothing.
const FEWEST_COLUMNS: usize = 16;

/// The picture, each line behind `indent`, on a screen of so many columns. Nothing on one that is too narrow.
pub(crate) fn draw(
    own: &SlowRun<'_>,
    reference: Option<&SlowRun<'_>>,
    indent: &str,
    width: usize,
    shades: [char; 5],
) -> String {
    let rows = &own.rows[..own.rows.len().min(MOST_ROWS)];
    let names = rows.iter().map(|row| row.name.chars().count());
    let name = names.max().unwrap_or(0).clamp("reference".len(), WIDEST) + 2;
    let room = width.saturating_sub(indent.len() + name + 1);
    if room < FEWEST_COLUMNS {
        return String::new();
    }
    let columns = u32::try_from(room.min(MOST_COLUMNS)).unwrap_or(1);
    let end = own.end.max(reference.map_or(0, |other| other.end)).max(1);
    let columns = Columns {
        ms: end.div_ceil(columns),
        end,
    };
    let mut text = String::new();
    let options = lines_of(width.min(WIDTH))
        .initial_indent(indent)
        .subsequent_indent(indent);
    let sentence = sentence(own, reference, columns.ms);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", textwrap::fill(&sentence, options));
    let mut row = |label: &str, cells: &str| {
        let label: String = escape_line(label).chars().take(name - 2).collect();
        let cells = cells.trim_end();
        let _ = writeln!(text, "{indent}{DIM}{label:<name$}{DIM:#}{cells}");
    };
    for one in rows {
        row(&one.name, &columns.shaded(one, shades));
    }
    let more = own.rows.len() - rows.len();
    if more > 0 {
        row("…", &count(more, "more row"));
    }
    row("at once", &columns.at_once(own));
    if !own.printed.is_empty() {
        row("printed", &columns.printed(own));
    }
    if let Some(reference) = reference {
        row("reference", &columns.at_once(reference));
    }
    text
}

fn sentence(own: &SlowRun<'_>, reference: Option<&SlowRun<'_>>, ms: u32) -> String {
    let row = if own.is_by_file { "file" } else { "thread" };
    let printed = if own.printed.is_empty() {
        ""
    } else {
        " `printed` counts the lines that were printed."
    };
    let reference = reference.map_or_else(String::new, |other| {
        format!(", the reference {} ms", other.end)
    });
    format!(
        "What waits when: one row is one {row}, one column is {ms} ms of the slow disk's time. A block is a time in which the \
         program waits for the {row}. What has blocks in the same column is waited for at the same time; `at once` counts \
         the files.{printed} Your program needs {} ms{reference}.",
        own.end
    )
}

/// How times become columns.
#[derive(Clone, Copy)]
struct Columns {
    /// The time of a column.
    ms: u32,
    end: u32,
}

impl Columns {
    fn times(self) -> impl Iterator<Item = Times> {
        let starts = (0..self.end).step_by(self.ms as usize);
        starts.map(move |start| (start, (start + self.ms).min(self.end)))
    }

    /// A character for each column: how much of it the row holds. Little is not nothing.
    fn shaded(self, row: &Row, shades: [char; 5]) -> String {
        let cells = self.times().map(|(start, end)| {
            let of_span = |&(from, to): &Times| to.min(end).saturating_sub(from.max(start));
            let filled: u32 = row.spans.iter().map(of_span).sum();
            let shade = (filled * 4).div_ceil(end - start);
            shades[shade as usize]
        });
        cells.collect()
    }

    /// A digit for each column: the most files at once.
    fn at_once(self, run: &SlowRun<'_>) -> String {
        let cells = self.times().map(|(start, end)| {
            let within = run
                .steps()
                .filter(|((from, to), _)| *from < end && *to > start);
            digit(within.map(|(_, number)| number).max().unwrap_or(0))
        });
        cells.collect()
    }

    /// A digit for each column in which a line was printed: how many were.
    fn printed(self, run: &SlowRun<'_>) -> String {
        let cells = self.times().map(|(start, end)| {
            // What comes when all has ended belongs to the last column.
            let end = if end == self.end { u32::MAX } else { end };
            let lines: usize = run
                .printed
                .range(start..end)
                .map(|(_, lines)| lines.len())
                .sum();
            digit(lines)
        });
        cells.collect()
    }
}

/// A space for nothing, and a plus for what has no digit.
fn digit(number: usize) -> char {
    match u32::try_from(number) {
        Ok(0) => ' ',
        Ok(number) => char::from_digit(number, 10).unwrap_or('+'),
        Err(_) => '+',
    }
}

/// The same in lines, where nothing can be drawn.
pub(crate) fn in_lines(own: &SlowRun<'_>) -> Vec<String> {
    let rows = own.rows.iter().take(MOST_ROWS).map(|row| {
        let spans = row.spans.iter().take(4);
        let spans: Vec<String> = spans
            .map(|(from, to)| format!("{from} to {to} ms"))
            .collect();
        format!("{} is waited for from {}", row.name, spans.join(", "))
    });
    let printed = own.printed.iter().take(MOST_ROWS).map(|(ms, lines)| {
        let more = match lines.len() {
            1 => String::new(),
            n => format!(" and {}", count(n - 1, "more line")),
        };
        format!("at {ms} ms, `{}`{more} printed", lines[0])
    });
    rows.chain(printed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slow::tests::run;

    const ASCII: [char; 5] = [' ', '.', ':', 'o', '#'];

    fn drawn(timeline: &str, printed: &[u32], width: usize) -> Vec<String> {
        let run = run(timeline, printed);
        let own = SlowRun::of(&run).unwrap();
        let reference = SlowRun::of_reference(&run);
        let text = draw(&own, reference.as_ref(), "  ", width, ASCII);
        let text = anstream::adapter::strip_str(&text).to_string();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn files_stand_one_below_the_other_with_what_was_printed() {
        let lines = drawn("1 1 0 300;2 0 0 900", &[300, 900, 900], 32);
        let rows: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(
            rows[rows.len() - 5..],
            [
                "  a.txt      ##################",
                "  b.txt      ######",
                "  at once    222222111111111111",
                "  printed          1          2",
                "  reference  222222111111111111",
            ]
        );
        let sentence = lines
            .join(" ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(sentence.contains("one column is 50 ms"), "{sentence}");
        assert!(
            sentence.contains("Your program needs 900 ms, the reference 900 ms."),
            "{sentence}"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_screen_and_a_narrow_one_has_none() {
        let reads: Vec<String> = (0..26)
            .map(|n| format!("{n} {n} {} {}", n * 7, n * 7 + 90))
            .collect();
        for width in [0, 20, 28, 40, 60, 200] {
            let lines = drawn(&reads.join(";"), &[5, 170], width);
            assert_eq!(lines.is_empty(), width < 30, "{width}");
            for line in &lines {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
            let names = lines.iter().filter(|line| line.contains("thread ")).count();
            assert!(lines.is_empty() || names >= MOST_ROWS, "{lines:#?}");
        }
    }

    #[test]
    fn the_same_is_told_in_lines() {
        let run = run("1 1 0 300;2 0 0 900", &[300, 900, 900]);
        assert_eq!(
            in_lines(&SlowRun::of(&run).unwrap()),
            [
                "a.txt is waited for from 0 to 900 ms",
                "b.txt is waited for from 0 to 300 ms",
                "at 300 ms, `line of 300` printed",
                "at 900 ms, `line of 900` and 1 more line printed",
            ]
        );
    }
}
