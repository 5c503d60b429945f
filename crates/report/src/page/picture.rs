//! The picture of a run: who read which file when.
//!
//! Each thread has a lane, and each round of the virtual clock the same width, for the submission and for the reference
//! below it. Reads beside other reads and reads alone have different colours. Below the lanes stands how many reads there
//! were at once. So a lock, a serial loop, an uneven split and a straggler look different before a word is read. All
//! numbers of the picture are in its description, and on the page of one submission in a table as well.
//!
//! Coordinates are rounds and lanes, which the browser stretches to the width of the page. Never judges.

use std::fmt::Write as _;

use super::{markup::Markup, slow_picture};
use crate::timeline::{Span, Timeline};
use ids::words::count;
use judge::record::Run;

/// Height of a lane in pixels, where there are few.
const LANE: usize = 17;
/// Height of all lanes together, at most.
const LANES: usize = 190;
/// Up to so many rounds, each round has its own block.
const BLOCKS: u32 = 160;
/// How many rounds are shown enlarged, where a picture has more than [`BLOCKS`].
const ENLARGED: u32 = 40;
/// The most reads at once that an outline shows. More look the same.
const OUTLINE: u32 = 8;
/// How many threads are listed.
const LISTED: usize = 40;

/// One row of the picture.
struct Track<'a> {
    /// Whose it is.
    name: &'a str,
    kind: &'static str,
    timeline: &'a Timeline,
    /// The number of rounds, as it was counted.
    rounds: u32,
    /// The mean number of reads at once.
    effective: f64,
}

/// What a picture holds besides what is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Each read with its file, so that the script can tell what is under the pointer, and a table of the threads.
    Files,
    /// Nothing: the page of a class would be too large.
    Nothing,
}

/// Draw the run of `name`. Nothing where no timeline is known.
pub(super) fn draw(page: &mut Markup, name: &str, run: &Run, held: Held) -> bool {
    if run.unit.is_some() {
        return slow_picture::draw(page, name, run, held == Held::Files);
    }
    let (Some(reads), Some(seen)) = (&run.timeline, run.concurrency) else {
        return false;
    };
    let Some(timeline) = Timeline::read(reads) else {
        return false;
    };
    let reference = run.reference.as_ref();
    let reference =
        reference.and_then(|run| Some((Timeline::read(&run.timeline)?, run.concurrency)));
    let mut tracks = vec![Track {
        name,
        kind: "own",
        timeline: &timeline,
        rounds: seen.rounds.max(timeline.rounds()),
        effective: seen.effective,
    }];
    if let Some((timeline, seen)) = &reference {
        tracks.push(Track {
            name: "the reference",
            kind: "reference",
            timeline,
            rounds: seen.rounds.max(timeline.rounds()),
            effective: seen.effective,
        });
    }
    let scale = tracks.iter().map(|track| track.timeline.rounds()).max();
    let scale = scale.unwrap_or(1);
    let mut attributes = vec![("class", "picture")];
    if held == Held::Files {
        attributes.push(("data-own", reads));
        if let Some(run) = run.reference.as_ref().filter(|_| reference.is_some()) {
            attributes.push(("data-reference", &run.timeline));
        }
    }
    page.element("figure", &attributes, |page| {
        versus(page, &tracks);
        for track in &tracks {
            draw_track(page, track, &tracks, scale);
        }
        axis(page, scale);
        if scale > BLOCKS {
            let title = format!("The first {ENLARGED} rounds, enlarged");
            page.leaf("p", &[("class", "enlarged")], &title);
            for track in &tracks {
                let class = format!("track {}", track.kind);
                page.element("div", &[("class", &class)], |page| {
                    page.leaf("p", &[("class", "whose")], track.name);
                    lanes(page, track, ENLARGED);
                });
            }
            axis(page, ENLARGED);
        }
        legend(page);
        page.element("figcaption", &[], |page| {
            for track in &tracks {
                page.leaf("p", &[], &described(track));
            }
        });
    });
    if held == Held::Files {
        numbers(page, &tracks);
    }
    true
}

/// The number of rounds, beside that of the reference.
fn versus(page: &mut Markup, tracks: &[Track<'_>]) {
    page.element("p", &[("class", "versus")], |page| {
        let rounds = tracks[0].rounds;
        page.leaf("strong", &[], &rounds.to_string());
        let noun = if rounds == 1 { "round" } else { "rounds" };
        match tracks.get(1).map(|track| track.rounds) {
            Some(other) if other < rounds => {
                page.text(&format!(" {noun} instead of "));
                page.leaf("strong", &[], &other.to_string());
            }
            Some(other) if other == rounds => {
                page.text(&format!(" {noun}, as many as the reference"));
            }
            Some(other) => page.text(&format!(" {noun}; the reference needs {other}")),
            None => page.text(&format!(" {noun}")),
        }
    });
}

fn draw_track(page: &mut Markup, track: &Track<'_>, tracks: &[Track<'_>], scale: u32) {
    let class = format!("track {}", track.kind);
    page.element("div", &[("class", &class)], |page| {
        page.element("p", &[("class", "whose")], |page| {
            page.leaf("b", &[], track.name);
            let threads = count(track.timeline.lanes.len(), "thread");
            page.text(&format!(
                " {threads}, {:.2} reads at once on average",
                track.effective
            ));
        });
        lanes(page, track, scale);
        let highest = tracks.iter().flat_map(|track| &track.timeline.at_once);
        at_once(
            page,
            track.timeline,
            scale,
            highest.copied().max().unwrap_or(1),
        );
        length(page, track, scale);
    });
}

/// A lane for each thread that reads before the round `scale`.
fn lanes(page: &mut Markup, track: &Track<'_>, scale: u32) {
    let timeline = track.timeline;
    let spans = timeline.spans(scale);
    // The lanes are in the order in which they begin.
    let number = spans.last().map_or(1, |span| span.lane + 1);
    let height = (number * LANE).min(LANES).to_string();
    let view = format!("0 0 {scale} {number}");
    let rounds = timeline.rounds().min(scale);
    let mut beds = String::new();
    for lane in 0..number {
        // Writing to a string cannot fail.
        let _ = write!(beds, "M0 {lane}h{rounds}");
    }
    let of_kind = |is_alone| path(spans.iter().filter(|span| span.is_alone == is_alone));
    let (together, alone) = (of_kind(false), of_kind(true));
    // A read is seen also where there are more lanes than pixels.
    let width = match number.div_ceil(LANES / 2) {
        1 => ".8".to_owned(),
        more => more.to_string(),
    };
    let attributes = [
        ("class", "lanes"),
        ("role", "img"),
        ("aria-label", &described(track)),
        ("viewBox", &view),
        ("preserveAspectRatio", "none"),
        ("height", &height),
    ];
    page.element("svg", &attributes, |page| {
        page.element("g", &[("transform", "translate(0 .5)")], |page| {
            page.shape(
                "path",
                &[("class", "bed"), ("stroke-width", ".8"), ("d", &beds)],
            );
            for (class, path) in [("together", &together), ("alone", &alone)] {
                if !path.is_empty() {
                    page.shape(
                        "path",
                        &[("class", class), ("stroke-width", &width), ("d", path)],
                    );
                }
            }
        });
        if scale <= BLOCKS && rounds > 1 {
            let mut cuts = String::new();
            for round in 1..rounds {
                let _ = write!(cuts, "M{round} 0v{number}");
            }
            page.shape("path", &[("class", "cut"), ("d", &cuts)]);
        }
    });
}

fn path<'s>(spans: impl Iterator<Item = &'s Span>) -> String {
    let mut path = String::new();
    for span in spans {
        let _ = write!(
            path,
            "M{} {}h{}",
            span.first,
            span.lane,
            span.after - span.first
        );
    }
    path
}

/// How many reads there were at once in each round.
fn at_once(page: &mut Markup, timeline: &Timeline, scale: u32, highest: u32) {
    let view = format!("0 0 {scale} {highest}");
    let attributes = [
        ("class", "at-once"),
        ("aria-hidden", "true"),
        ("viewBox", &view),
        ("preserveAspectRatio", "none"),
        ("height", "30"),
    ];
    page.element("svg", &attributes, |page| steps(page, timeline, highest));
}

/// The same in small, for a list in which all runs have the same scale. Nothing where no timeline is known.
pub(super) fn outline(page: &mut Markup, run: &Run, scale: u32) {
    if run.unit.is_some() {
        return slow_picture::outline(page, run, scale, OUTLINE);
    }
    let Some(timeline) = run.timeline.as_deref().and_then(Timeline::read) else {
        return;
    };
    let view = format!("0 0 {} {OUTLINE}", scale.max(timeline.rounds()));
    let attributes = [
        ("class", "outline"),
        ("aria-hidden", "true"),
        ("viewBox", &view),
        ("preserveAspectRatio", "none"),
        ("height", "20"),
    ];
    page.element("svg", &attributes, |page| steps(page, &timeline, OUTLINE));
}

/// A column for each number of reads at once, cut at `highest`.
fn steps(page: &mut Markup, timeline: &Timeline, highest: u32) {
    let mut paths = [String::new(), String::new()];
    let mut start = 0;
    for same in timeline.at_once.chunk_by(|a, b| a == b) {
        let (length, height) = (same.len(), same[0].min(highest));
        if height > 0 {
            let path = &mut paths[usize::from(height == 1)];
            let _ = write!(path, "M{start} {highest}v-{height}h{length}v{height}z");
        }
        start += length;
    }
    for (class, path) in ["together", "alone"].into_iter().zip(&paths) {
        if !path.is_empty() {
            page.shape("path", &[("class", class), ("d", path)]);
        }
    }
}

/// A line as long as the run, with the number of rounds.
fn length(page: &mut Markup, track: &Track<'_>, scale: u32) {
    let end = 100.0 * f64::from(track.timeline.rounds()) / f64::from(scale);
    let at = format!("{end:.2}%");
    let (anchor, by) = if end > 70.0 {
        ("end", "0")
    } else {
        ("start", "8")
    };
    let (dx, dy) = if anchor == "end" {
        ("-6", "20")
    } else {
        (by, "10")
    };
    let height = if anchor == "end" { "24" } else { "16" };
    let attributes = [
        ("class", "length"),
        ("aria-hidden", "true"),
        ("height", height),
    ];
    page.element("svg", &attributes, |page| {
        for (from, to, top, bottom) in [
            ("0%", at.as_str(), "6", "6"),
            ("0%", "0%", "2", "10"),
            (&at, &at, "2", "10"),
        ] {
            let line = [("x1", from), ("x2", to), ("y1", top), ("y2", bottom)];
            page.shape("line", &line);
        }
        let text = [
            ("x", at.as_str()),
            ("y", "0"),
            ("dx", dx),
            ("dy", dy),
            ("text-anchor", anchor),
        ];
        page.leaf("text", &text, &count(track.rounds as usize, "round"));
    });
}

/// The numbers of some rounds.
fn axis(page: &mut Markup, scale: u32) {
    let step = [1, 2, 5]
        .iter()
        .flat_map(|digit| (0..6).map(move |power| digit * 10_u32.pow(power)))
        .filter(|step| scale / step <= 5)
        .min()
        .unwrap_or(scale);
    let attributes = [("class", "axis"), ("aria-hidden", "true"), ("height", "22")];
    page.element("svg", &attributes, |page| {
        for round in (0..=scale).step_by(step.max(1) as usize) {
            let at = format!("{:.2}%", 100.0 * f64::from(round) / f64::from(scale));
            let anchor = match round {
                0 => "start",
                _ if f64::from(round) > 0.97 * f64::from(scale) => "end",
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
            page.leaf("text", &text, &round.to_string());
        }
    });
}

fn legend(page: &mut Markup) {
    page.element("p", &[("class", "legend")], |page| {
        for (class, words) in [
            ("together", "reads while others read"),
            ("alone", "reads alone, and all others wait"),
        ] {
            page.element("span", &[], |page| {
                let key = [
                    ("class", "key"),
                    ("aria-hidden", "true"),
                    ("width", "14"),
                    ("height", "10"),
                ];
                page.element("svg", &key, |page| {
                    let block = [("class", class), ("width", "14"), ("height", "10")];
                    page.shape("rect", &block);
                });
                page.text(words);
            });
        }
        page.leaf(
            "span",
            &[],
            "below the lanes: how many reads there are at once",
        );
    });
}

/// A track in words.
fn described(track: &Track<'_>) -> String {
    let timeline = track.timeline;
    let mut text = format!(
        "{}: {} {} {} in {}",
        track.name,
        count(timeline.lanes.len(), "thread"),
        if timeline.lanes.len() == 1 {
            "reads"
        } else {
            "read"
        },
        count(timeline.files, "file"),
        count(track.rounds as usize, "round"),
    );
    let alone = timeline.rounds_alone();
    if alone == timeline.at_once.len() {
        text += "; only one thread reads at any time";
    } else if alone > 0 {
        let _ = write!(text, "; in {alone} of these rounds only one thread reads");
    }
    let (least, most) = timeline.share();
    if timeline.lanes.len() > 1 {
        let _ = if least == most {
            write!(text, "; each thread reads {}", count(most, "file"))
        } else {
            write!(text, "; a thread reads {least} to {}", count(most, "file"))
        };
    }
    if timeline.rounds() < track.rounds {
        let _ = write!(
            text,
            "; the picture ends at round {}, where the timeline was cut",
            timeline.rounds()
        );
    }
    text + "."
}

/// What the lanes show, as a table.
fn numbers(page: &mut Markup, tracks: &[Track<'_>]) {
    page.element("details", &[("class", "numbers")], |page| {
        page.leaf("summary", &[], "The picture in numbers");
        for track in tracks {
            page.element("table", &[], |page| {
                page.leaf("caption", &[], track.name);
                page.element("thead", &[], |page| {
                    page.element("tr", &[], |page| {
                        for head in ["Thread", "Files", "First round", "Last round"] {
                            page.leaf("th", &[("scope", "col")], head);
                        }
                    });
                });
                page.element("tbody", &[], |page| {
                    for (number, lane) in (1..).zip(&track.timeline.lanes).take(LISTED) {
                        page.element("tr", &[], |page| {
                            let first = lane.spans.first().map_or(0, |(first, _)| first + 1);
                            let last = lane.spans.last().map_or(0, |(_, after)| *after);
                            page.leaf("th", &[("scope", "row")], &number.to_string());
                            for cell in [lane.files, first as usize, last as usize] {
                                page.leaf("td", &[], &cell.to_string());
                            }
                        });
                    }
                });
            });
            let more = track.timeline.lanes.len().saturating_sub(LISTED);
            if more > 0 {
                page.leaf(
                    "p",
                    &[("class", "quiet")],
                    &format!("and {}", count(more, "more thread")),
                );
            }
        }
    });
}
