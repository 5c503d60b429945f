//! The picture of a run on a slow disk: what was waited for when, and when lines were printed.
//!
//! Each file, or each thread where there are many files, has a row with its name, and each virtual millisecond the same
//! width, for the submission and for the reference below it. All that the picture shows is in its description, and on the
//! page of one submission in tables as well. Never judges.

use std::fmt::Write as _;

use super::markup::Markup;
use crate::slow::{Row, SlowRun};
use judge::record::Run;

/// What the picture shows, for a reader who sees it for the first time.
pub(super) const ABOUT: &str = "Each row is a file, or a thread where there are many files, and each block is a time in \
    which the program waits for it. Time is counted in milliseconds of the slow disk. This time goes on only when everything \
    in the program waits, so the picture does not depend on how fast the machine is.";

/// Height of a row in pixels: a name, and below it the blocks.
const ROW: usize = 28;
/// Where the blocks of a row begin, and their height.
const BLOCK: (usize, usize) = (15, 9);
/// The most rows that are drawn.
const ROWS: usize = 24;
/// The most rows of a table.
const LISTED: usize = 200;

/// One part of the picture.
struct Track<'a> {
    name: &'a str,
    kind: &'static str,
    run: SlowRun<'a>,
    /// The mean number of reads at once.
    effective: f64,
}

/// Draw the run of `name`, with all numbers in tables or without them. Nothing where it is not known, or is counted in
/// rounds.
pub(super) fn draw(page: &mut Markup, name: &str, run: &Run, has_tables: bool) -> bool {
    let (Some(own), Some(seen)) = (SlowRun::of(run), run.concurrency) else {
        return false;
    };
    let mut tracks = vec![Track {
        name,
        kind: "own",
        run: own,
        effective: seen.effective,
    }];
    if let (Some(slow), Some(reference)) = (SlowRun::of_reference(run), &run.reference) {
        tracks.push(Track {
            name: "the reference",
            kind: "reference",
            run: slow,
            effective: reference.concurrency.effective,
        });
    }
    let ends = tracks.iter().map(|track| track.run.end);
    let scale = Scale(ends.max().unwrap_or(1).max(1));
    page.element("figure", &[("class", "picture slow")], |page| {
        versus(page, &tracks);
        for track in &tracks {
            draw_track(page, track, scale);
        }
        axis(page, scale);
        legend(
            page,
            tracks.iter().any(|track| !track.run.printed.is_empty()),
        );
        page.element("figcaption", &[], |page| {
            for track in &tracks {
                page.leaf("p", &[], &described(track));
            }
        });
    });
    if has_tables {
        numbers(page, &tracks);
        printed(page, &tracks[0].run);
    }
    true
}

/// The time of the whole picture.
#[derive(Clone, Copy)]
struct Scale(u32);

impl Scale {
    fn percent(self, ms: u32) -> String {
        format!("{:.2}%", 100.0 * f64::from(ms) / f64::from(self.0))
    }
}

fn versus(page: &mut Markup, tracks: &[Track<'_>]) {
    page.element("p", &[("class", "versus")], |page| {
        let own = tracks[0].run.end;
        page.leaf("strong", &[], &own.to_string());
        match tracks.get(1).map(|track| track.run.end) {
            Some(other) if other < own => {
                page.text(" ms instead of ");
                page.leaf("strong", &[], &other.to_string());
            }
            Some(other) if other == own => page.text(" ms, as much as the reference"),
            Some(other) => page.text(&format!(" ms; the reference needs {other}")),
            None => page.text(" ms"),
        }
    });
}

fn draw_track(page: &mut Markup, track: &Track<'_>, scale: Scale) {
    let class = format!("track {}", track.kind);
    page.element("div", &[("class", &class)], |page| {
        page.element("p", &[("class", "whose")], |page| {
            page.leaf("b", &[], track.name);
            page.text(&format!(
                " {:.2} at the same time on average, {} at most",
                track.effective,
                track.run.most()
            ));
        });
        rows(page, track, scale);
        if !track.run.printed.is_empty() {
            marks(page, &track.run, scale);
        }
        at_once(page, &track.run, scale.0, 30, "at-once", None);
    });
}

/// A row for each file or thread: its name, and below it when it was waited for.
fn rows(page: &mut Markup, track: &Track<'_>, scale: Scale) {
    let shown = &track.run.rows[..track.run.rows.len().min(ROWS)];
    let height = (shown.len() * ROW).to_string();
    let attributes = [
        ("class", "waits"),
        ("role", "img"),
        ("aria-label", &described(track)),
        ("height", &height),
    ];
    page.element("svg", &attributes, |page| {
        for (number, row) in shown.iter().enumerate() {
            one_row(page, &track.run, row, number * ROW, scale);
        }
    });
    let more = track.run.rows.len() - shown.len();
    if more > 0 {
        page.leaf("p", &[("class", "quiet")], &format!("and {more} more"));
    }
}

fn one_row(page: &mut Markup, run: &SlowRun<'_>, row: &Row, top: usize, scale: Scale) {
    let (start, end) = row
        .spans
        .first()
        .zip(row.spans.last())
        .map_or((0, 0), |(first, last)| (first.0, last.1));
    let is_late = f64::from(start) > 0.7 * f64::from(scale.0);
    let (at, anchor) = if is_late {
        (end, "end")
    } else {
        (start, "start")
    };
    let (x, y) = (scale.percent(at), (top + BLOCK.0 - 4).to_string());
    let name = [("x", x.as_str()), ("y", &y), ("text-anchor", anchor)];
    page.leaf("text", &name, &row.name);
    let (y, height) = ((top + BLOCK.0).to_string(), BLOCK.1.to_string());
    let mut block = |class: &str, from: u32, to: u32| {
        let (x, width) = (scale.percent(from), scale.percent(to - from));
        let block = [
            ("class", class),
            ("x", x.as_str()),
            ("y", &y),
            ("width", &width),
            ("height", &height),
        ];
        page.shape("rect", &block);
    };
    block("bed", 0, scale.0);
    for ((from, to), is_alone) in run.split(row) {
        block(if is_alone { "alone" } else { "together" }, from, to);
    }
}

/// A mark at each time at which a line was printed.
fn marks(page: &mut Markup, run: &SlowRun<'_>, scale: Scale) {
    let attributes = [
        ("class", "marks"),
        ("aria-hidden", "true"),
        ("height", "16"),
    ];
    page.element("svg", &attributes, |page| {
        for ms in run.printed.keys() {
            let at = scale.percent((*ms).min(scale.0));
            let line = [("x1", at.as_str()), ("x2", &at), ("y1", "2"), ("y2", "14")];
            page.shape("line", &line);
        }
    });
}

/// How many files were waited for at once, of at most so many if there is a limit.
fn at_once(
    page: &mut Markup,
    run: &SlowRun<'_>,
    scale: u32,
    height: usize,
    class: &'static str,
    limit: Option<usize>,
) {
    let highest = limit.unwrap_or_else(|| run.most()).max(1);
    let view = format!("0 0 {scale} {highest}");
    let height = height.to_string();
    let attributes = [
        ("class", class),
        ("aria-hidden", "true"),
        ("viewBox", &view),
        ("preserveAspectRatio", "none"),
        ("height", &height),
    ];
    let mut paths = [String::new(), String::new()];
    for ((from, to), number) in run.steps() {
        let (up, length) = (number.min(highest), to.saturating_sub(from));
        if up > 0 && length > 0 {
            let path = &mut paths[usize::from(number == 1)];
            // Writing to a string cannot fail.
            let _ = write!(path, "M{from} {highest}v-{up}h{length}v{up}z");
        }
    }
    page.element("svg", &attributes, |page| {
        for (class, path) in ["together", "alone"].into_iter().zip(&paths) {
            if !path.is_empty() {
                page.shape("path", &[("class", class), ("d", path)]);
            }
        }
    });
}

/// The same in small, for a list in which all runs have the same scale. Nothing where no timeline is known.
pub(super) fn outline(page: &mut Markup, run: &Run, scale: u32, highest: u32) {
    if let Some(slow) = SlowRun::of(run) {
        let limit = usize::try_from(highest).ok();
        at_once(page, &slow, scale.max(slow.end), 20, "outline", limit);
    }
}

/// Some times in milliseconds.
fn axis(page: &mut Markup, scale: Scale) {
    let step = [1, 2, 5]
        .iter()
        .flat_map(|digit| (0..7).map(move |power| digit * 10_u32.pow(power)))
        .filter(|step| scale.0 / step <= 5)
        .min()
        .unwrap_or(scale.0);
    let attributes = [("class", "axis"), ("aria-hidden", "true"), ("height", "22")];
    page.element("svg", &attributes, |page| {
        for ms in (0..=scale.0).step_by(step.max(1) as usize) {
            let at = scale.percent(ms);
            let anchor = match ms {
                0 => "start",
                _ if f64::from(ms) > 0.94 * f64::from(scale.0) => "end",
                _ => "middle",
            };
            let line = [("x1", at.as_str()), ("x2", &at), ("y1", "0"), ("y2", "5")];
            page.shape("line", &line);
            let text = [
                ("x", at.as_str()),
                ("y", "0"),
                ("dy", "17"),
                ("text-anchor", anchor),
            ];
            page.leaf("text", &text, &format!("{ms} ms"));
        }
    });
}

fn legend(page: &mut Markup, has_marks: bool) {
    page.element("p", &[("class", "legend")], |page| {
        for (class, words) in [
            ("together", "waits beside others"),
            ("alone", "waits alone"),
            ("mark", "a line is printed"),
        ] {
            if class == "mark" && !has_marks {
                continue;
            }
            page.element("span", &[], |page| {
                let width = if class == "mark" { "3" } else { "14" };
                let key = [
                    ("class", "key"),
                    ("aria-hidden", "true"),
                    ("width", width),
                    ("height", "10"),
                ];
                page.element("svg", &key, |page| {
                    let block = [("class", class), ("width", width), ("height", "10")];
                    page.shape("rect", &block);
                });
                page.text(words);
            });
        }
        page.leaf(
            "span",
            &[],
            "below the rows: how many files are waited for at once",
        );
    });
}

/// A track in words.
fn described(track: &Track<'_>) -> String {
    let mut text = format!("{}: {}", track.name, track.run.in_words());
    let printed = &track.run.printed;
    if let (Some((first, _)), Some((last, _))) =
        (printed.first_key_value(), printed.last_key_value())
    {
        let _ = write!(text, "; lines were printed from {first} ms to {last} ms");
    }
    text + "."
}

/// What the rows show, as a table.
fn numbers(page: &mut Markup, tracks: &[Track<'_>]) {
    page.element("details", &[("class", "numbers")], |page| {
        page.leaf("summary", &[], "The picture in numbers");
        for track in tracks {
            let head = if track.run.is_by_file {
                "File"
            } else {
                "Thread"
            };
            let rows = track.run.rows.iter().take(LISTED).map(|row| {
                let first = row.spans.first().map_or(0, |span| span.0);
                let last = row.spans.last().map_or(0, |span| span.1);
                let waited: u32 = row.spans.iter().map(|span| span.1 - span.0).sum();
                [row.name.clone(), ms(first), ms(last), ms(waited)]
            });
            table(page, track.name, [head, "From", "To", "Waited"], rows);
        }
    });
}

/// When each line was printed, as a table.
fn printed(page: &mut Markup, run: &SlowRun<'_>) {
    if run.printed.is_empty() {
        return;
    }
    page.element("details", &[("class", "numbers")], |page| {
        page.leaf("summary", &[], "When each line was printed");
        let lines = run
            .printed
            .iter()
            .flat_map(|(time, lines)| lines.iter().map(|line| [ms(*time), (*line).to_owned()]));
        table(
            page,
            "standard output",
            ["Time", "Line"],
            lines.take(LISTED),
        );
    });
}

fn ms(time: u32) -> String {
    format!("{time} ms")
}

fn table<const N: usize>(
    page: &mut Markup,
    caption: &str,
    heads: [&'static str; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    page.element("table", &[], |page| {
        page.leaf("caption", &[], caption);
        page.element("thead", &[], |page| {
            page.element("tr", &[], |page| {
                for head in heads {
                    page.leaf("th", &[("scope", "col")], head);
                }
            });
        });
        page.element("tbody", &[], |page| {
            for row in rows {
                page.element("tr", &[], |page| {
                    for (number, cell) in row.iter().enumerate() {
                        let (tag, attributes): (_, &[_]) = match number {
                            0 => ("th", &[("scope", "row")]),
                            _ => ("td", &[]),
                        };
                        page.element(tag, attributes, |page| page.text(cell));
                    }
                });
            }
        });
    });
}
