//! The progress of a batch, on standard error. A terminal shows a line with count, pace, time left and the
//! submissions that take long, and results above it, no line wider than the terminal. Elsewhere each result is a
//! plain line, and if there is none for a while, a line says what is done.

use std::{io::Write as _, time::Duration};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{
    output::Output,
    phases::{AGAIN, Phase, Phases},
    progress,
    status::{Account, Line, Print, Status, terminal_width},
};
use crate::{
    batch::{ATTACKING, How, Progress, ProgressEvent},
    grading::Whose,
};
use ids::SubmissionId;
use judge::record::{Record, Verdict};
use report::{
    escape_line, reason,
    style::{BAD, DIM, GOOD, OPEN},
};

/// A line is cut here where there is no terminal, so that it stays one line.
const LONGEST_LINE: usize = 150;

/// A submission that is at work for longer is named with its time.
const LONG: Duration = Duration::from_secs(5);

/// The time left is estimated when so many were graded in so much time: before, the estimate would be far off.
const ENOUGH: (usize, Duration) = (5, Duration::from_secs(5));

/// At most so many submissions are named in a line.
const MOST_NAMES: usize = 4;

/// Shows the events of a batch.
pub(super) struct BatchProgress(Status<Class>);

/// What is known of a class at work.
#[derive(Debug)]
struct Class {
    /// What all submissions wait for, and what is made again for all of them.
    phases: Phases<2>,
    all: usize,
    done: usize,
    grading: Option<Grading>,
    /// The submissions that are being graded, and since when.
    at_work: Vec<(SubmissionId, Duration)>,
    /// When a line was printed last.
    printed: Duration,
}

/// The part of the class that is graded now.
#[derive(Debug)]
struct Grading {
    began: Duration,
    graded: usize,
    of: usize,
}

impl BatchProgress {
    pub(super) fn new(output: &Output, quiet: bool) -> Self {
        let class = Class {
            phases: Phases::new(),
            all: 0,
            done: 0,
            grading: None,
            at_work: Vec::new(),
            printed: Duration::ZERO,
        };
        Self(Status::new(output, !quiet, class))
    }

    /// How many columns a line may have.
    fn width(&self) -> usize {
        if self.0.is_drawn() {
            terminal_width()
        } else {
            LONGEST_LINE
        }
    }

    /// Print a line that stays.
    fn print(&self, line: String, change: impl FnOnce(&mut Class, Duration)) {
        self.0.print(|class, now| {
            change(class, now);
            class.printed = now;
            let print: Print = Box::new(move |output| {
                let mut stderr = output.stderr();
                let _ = writeln!(stderr, "{line}");
            });
            Some(print)
        });
    }
}

impl Progress for BatchProgress {
    fn event(&self, event: ProgressEvent<'_>) {
        match event {
            // A log says in any case that the sandbox was proven.
            ProgressEvent::Preparing(what) if what == ATTACKING && !self.0.is_drawn() => {
                self.print(format!("grade: {what}"), |class, now| {
                    class.grading = None;
                    class.phases.set(0, None, now);
                });
            }
            ProgressEvent::Preparing(what) => self.0.change(|class, now| {
                class.grading = None;
                class.phases.set(0, Some(Phase::new(what)), now);
            }),
            ProgressEvent::Step(event) => self.0.change(|class, now| {
                let which = match event.whose {
                    Whose::Reference => 0,
                    Whose::Submission => 1,
                };
                class.phases.set(which, progress::phase(event), now);
            }),
            ProgressEvent::Begun(all) => self.0.change(|class, _| class.all = all),
            ProgressEvent::Pending(of) => self.0.change(|class, now| {
                class.phases.set(0, None, now);
                class.grading = Some(Grading {
                    began: now,
                    graded: 0,
                    of,
                });
            }),
            ProgressEvent::Started(id) => self
                .0
                .change(|class, now| class.at_work.push((id.clone(), now))),
            // Submissions that did not change are counted and not listed: they are most of a class.
            ProgressEvent::Finished(record, How::Unchanged) => self
                .0
                .change(|class, _| class.finished(&record.submission.id)),
            ProgressEvent::Finished(record, How::Graded) => {
                let line = result(record, self.width());
                self.print(line, |class, _| class.finished(&record.submission.id));
            }
            ProgressEvent::Postponed(id, fault) => {
                let text = format!("{id}  once more at the end: {fault}");
                let text = truncated(&text, self.width().saturating_sub("later  ".len()));
                let line = format!("{OPEN}later{OPEN:#}  {text}");
                self.print(line, |class, _| class.leaves(id));
            }
        }
    }
}

impl Class {
    /// A submission is not at work any more.
    fn leaves(&mut self, id: &SubmissionId) {
        self.at_work.retain(|(other, _)| other != id);
    }

    /// A submission has its record.
    fn finished(&mut self, id: &SubmissionId) {
        self.leaves(id);
        self.done += 1;
        if let Some(grading) = &mut self.grading {
            grading.graded += 1;
        }
    }

    /// The names of the submissions at work, the one that takes longest first, with the time of each that takes
    /// long.
    fn names(&self, now: Duration) -> String {
        let mut at_work: Vec<_> = self.at_work.iter().collect();
        at_work.sort_by_key(|(_, since)| *since);
        let more = at_work.len().saturating_sub(MOST_NAMES);
        let mut names: Vec<String> = at_work
            .iter()
            .take(MOST_NAMES)
            .map(|(id, since)| match now.saturating_sub(*since) {
                time if time >= LONG => format!("{id} ({} s)", time.as_secs()),
                _ => id.to_string(),
            })
            .collect();
        if more > 0 {
            names.push(format!("{more} more"));
        }
        names.join(", ")
    }

    /// The pace, the time left and who is at work.
    fn text(&self, now: Duration) -> String {
        let pace = self.grading.as_ref().map(|grading| grading.pace(now));
        let phases = self.phases.line(now);
        let parts = [pace.unwrap_or_default(), phases, self.names(now)];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("  ")
    }
}

impl Grading {
    /// How many are graded in a minute, and how long the rest takes; empty until there is enough to tell.
    fn pace(&self, now: Duration) -> String {
        let time = now.saturating_sub(self.began);
        if self.graded < ENOUGH.0 || time < ENOUGH.1 {
            return String::new();
        }
        let per_minute = rate(self.graded, time.as_secs_f64());
        let rest = self.of.saturating_sub(self.graded);
        match rest {
            0 => per_minute,
            rest => format!(
                "{per_minute}  {}",
                left(self.graded, rest, time.as_secs_f64())
            ),
        }
    }
}

impl Account for Class {
    fn line(&self, now: Duration) -> Line {
        if self.all == 0 {
            return Line::Text(self.text(now));
        }
        Line::Bar(self.done, self.all, self.text(now))
    }

    fn due(&mut self, now: Duration) -> Vec<String> {
        let mut lines = self.phases.due(now);
        if lines.is_empty()
            && self.grading.is_some()
            && !self.at_work.is_empty()
            && now.saturating_sub(self.printed) >= AGAIN
        {
            lines.push(format!(
                "{} of {} are done  {}",
                self.done,
                self.all,
                self.text(now)
            ));
        }
        if !lines.is_empty() {
            self.printed = now;
        }
        lines
    }

    fn end(&mut self, now: Duration) {
        self.at_work.clear();
        self.phases.end(now);
    }
}

/// One graded submission in a line.
fn result(record: &Record, width: usize) -> String {
    let (style, word) = match record.verdict {
        Verdict::Pass => (GOOD, "pass "),
        Verdict::Fail => (BAD, "FAIL "),
        Verdict::NotGraded => (OPEN, "open "),
    };
    let points = record.score.map_or_else(
        || "-".to_owned(),
        |score| format!("{}/{}", score.earned, score.possible),
    );
    let submission = format!("  {:<24} {points:>5}  ", record.submission.id);
    let columns = width.saturating_sub(word.len() + submission.len());
    let why = reason(record)
        .map(|why| truncated(&why, columns))
        .unwrap_or_default();
    format!("{style}{word}{style:#}{submission}{DIM}{why}{DIM:#}")
}

/// As much of `text` as fits into so many columns.
fn truncated(text: &str, columns: usize) -> String {
    let text = escape_line(text);
    if text.width() <= columns {
        return text;
    }
    let mut used = 1;
    let fits = text.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used <= columns
    });
    let fits: String = fits.collect();
    if columns == 0 { fits } else { fits + "…" }
}

/// How many are graded in a minute at this pace.
#[expect(
    clippy::cast_precision_loss,
    reason = "a class has fewer than 2^53 submissions"
)]
fn rate(graded: usize, seconds: f64) -> String {
    format!("{:.0} a minute", graded as f64 * 60.0 / seconds)
}

/// How long the rest takes at the pace so far.
#[expect(
    clippy::cast_precision_loss,
    reason = "a class has fewer than 2^53 submissions"
)]
fn left(graded: usize, rest: usize, seconds: f64) -> String {
    let seconds = seconds * rest as f64 / graded as f64;
    // The rest is rounded up, so that it takes at least one second.
    let seconds = Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(Duration::MAX);
    format!("about {} left", indicatif::HumanDuration(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn id(name: &str) -> SubmissionId {
        SubmissionId::from_folder_name(name)
    }

    /// A class of ten, two of which did not change, with these at work.
    fn class(at_work: &[(&str, u32)]) -> Class {
        Class {
            phases: Phases::new(),
            all: 10,
            done: 2,
            grading: Some(Grading {
                began: SECOND,
                graded: 0,
                of: 8,
            }),
            at_work: at_work
                .iter()
                .map(|(name, since)| (id(name), SECOND * *since))
                .collect(),
            printed: SECOND,
        }
    }

    #[test]
    fn there_is_no_estimate_before_enough_is_graded() {
        let pace = |graded, seconds| {
            let grading = Grading {
                began: SECOND,
                graded,
                of: 8,
            };
            grading.pace(SECOND * seconds)
        };
        assert_eq!(pace(0, 600), "");
        assert_eq!(pace(4, 600), "");
        assert_eq!(pace(5, 5), "");
        assert_eq!(pace(5, 11), "30 a minute  about 6 seconds left");
        assert_eq!(pace(8, 17), "30 a minute");
        assert_eq!(left(7, 1, 0.7), "about 1 second left");
    }

    #[test]
    fn the_one_that_takes_longest_is_named_first_with_its_time() {
        let mut class = class(&[("young", 17), ("old", 3), ("b", 18), ("c", 18), ("d", 18)]);
        assert_eq!(
            class.line(SECOND * 20),
            Line::Bar(2, 10, "old (17 s), young, b, c, 1 more".to_owned())
        );
        class.finished(&id("old"));
        class.leaves(&id("b"));
        assert_eq!(
            class.line(SECOND * 20),
            Line::Bar(3, 10, "young, c, d".to_owned())
        );
    }

    #[test]
    fn without_a_terminal_a_line_comes_when_there_was_none_for_ten_seconds() {
        let mut class = class(&[("alice", 1)]);
        assert_eq!(class.due(SECOND * 10), [""; 0]);
        assert_eq!(class.due(SECOND * 11), ["2 of 10 are done  alice (10 s)"]);
        assert_eq!(class.due(SECOND * 20), [""; 0]);
        assert_eq!(class.due(SECOND * 21), ["2 of 10 are done  alice (20 s)"]);
        class.end(SECOND * 22);
        assert_eq!(class.due(SECOND * 60), [""; 0]);
    }

    #[test]
    fn a_line_is_no_wider_than_the_terminal() {
        assert_eq!(truncated("short", 5), "short");
        assert_eq!(truncated("shorter", 5), "shor…");
        assert_eq!(
            truncated("\u{6570}\u{6570}\u{6570}", 5),
            "\u{6570}\u{6570}…"
        );
        assert_eq!(truncated("any", 0), "");
    }
}
