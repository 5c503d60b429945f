//! The progress of a batch, on standard error. A terminal shows a bar with count, rate, time left and the
//! submissions that are being graded, and results above it, no line wider than the terminal. Elsewhere each
//! result is a plain line.

use std::{
    fmt,
    io::Write as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressState, ProgressStyle};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{output::Output, spinner::Spinner};
use crate::batch::{How, Progress, ProgressEvent};
use ids::SubmissionId;
use judge::record::{Record, Verdict};
use report::{
    escape_line, reason,
    style::{self, BAD, DIM, GOOD, OPEN},
};

/// A line is cut here where there is no terminal, so that it stays one line.
const LONGEST_LINE: usize = 150;

/// Shows the events of a batch.
pub(super) struct BatchProgress<'a> {
    spinner: Spinner,
    output: &'a Output,
    quiet: bool,
    at_work: Mutex<Vec<SubmissionId>>,
}

impl<'a> BatchProgress<'a> {
    pub(super) fn new(output: &'a Output, quiet: bool) -> Self {
        Self {
            spinner: Spinner::new(!quiet),
            output,
            quiet,
            at_work: Mutex::default(),
        }
    }

    /// How many columns a line may have.
    fn width(&self) -> usize {
        if self.spinner.bar().is_none() {
            return LONGEST_LINE;
        }
        let size = rustix::termios::tcgetwinsize(std::io::stderr());
        match size.map_or(0, |size| usize::from(size.ws_col)) {
            0 => style::WIDTH,
            columns => columns,
        }
    }

    /// Print a line that stays above the bar.
    fn line(&self, line: &str) {
        if self.quiet {
            return;
        }
        let print = || {
            let mut stderr = self.output.stderr();
            let _ = writeln!(stderr, "{line}");
        };
        match self.spinner.bar() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Change the list of submissions that are being graded, and show it on the bar.
    fn at_work(&self, change: impl FnOnce(&mut Vec<SubmissionId>)) {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut at_work);
        if let Some(bar) = self.spinner.bar() {
            let names: Vec<&str> = at_work.iter().map(SubmissionId::as_str).collect();
            bar.set_message(names.join(", "));
        }
    }
}

impl Progress for BatchProgress<'_> {
    fn event(&self, event: ProgressEvent<'_>) {
        match event {
            ProgressEvent::Preparing(what) => match self.spinner.bar() {
                Some(bar) => bar.set_message(escape_line(what)),
                None if !self.quiet => self.output.note(what),
                None => {}
            },
            ProgressEvent::Reference => {
                if let Some(bar) = self.spinner.bar() {
                    bar.set_message("the reference goes first");
                }
            }
            ProgressEvent::Begun(total) => {
                if let Some(bar) = self.spinner.bar() {
                    let template = "{bar:16} {pos}/{len}  {rate}  {left}  {wide_msg}";
                    if let Ok(style) = ProgressStyle::with_template(template) {
                        bar.set_style(with_pace(style));
                    }
                    bar.set_length(total as u64);
                    bar.reset();
                }
            }
            ProgressEvent::Started(id) => self.at_work(|ids| ids.push(id.clone())),
            ProgressEvent::Finished(record, how) => {
                self.at_work(|ids| ids.retain(|id| *id != record.submission.id));
                // Submissions that did not change are counted and not listed: they are most of a class.
                if how == How::Graded {
                    self.line(&result(record, self.width()));
                }
                if let Some(bar) = self.spinner.bar() {
                    bar.inc(1);
                }
            }
            ProgressEvent::Postponed(id, fault) => {
                self.at_work(|ids| ids.retain(|other| other != id));
                let text = format!("{id}  once more at the end: {fault}");
                let text = truncated(&text, self.width().saturating_sub("later  ".len()));
                self.line(&format!("{OPEN}later{OPEN:#}  {text}"));
            }
        }
    }
}

/// A bar's style that knows `rate` and `left`.
fn with_pace(style: ProgressStyle) -> ProgressStyle {
    let seconds = |state: &ProgressState| state.elapsed().as_secs_f64();
    style
        .with_key(
            "rate",
            move |state: &ProgressState, to: &mut dyn fmt::Write| {
                let _ = to.write_str(&rate(state.pos(), seconds(state)));
            },
        )
        .with_key(
            "left",
            move |state: &ProgressState, to: &mut dyn fmt::Write| {
                let all = state.len().unwrap_or(0);
                let _ = to.write_str(&left(state.pos(), all, seconds(state)));
            },
        )
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

/// How many are done in a minute, at the pace so far.
fn rate(done: u64, seconds: f64) -> String {
    if done == 0 || seconds <= 0.0 {
        return "- a minute".to_owned();
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a class has fewer than 2^53 submissions"
    )]
    let rate = done as f64 * 60.0 / seconds;
    format!("{rate:.0} a minute")
}

/// How long the rest takes at the pace so far. It is unknown before the first is done.
fn left(done: u64, all: u64, seconds: f64) -> String {
    let rest = all.saturating_sub(done);
    if done == 0 {
        return "? left".to_owned();
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a class has fewer than 2^53 submissions"
    )]
    let seconds = seconds * rest as f64 / done as f64;
    // The rest is rounded up, so that it takes at least one second.
    let seconds = Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(Duration::MAX);
    format!("{} left", indicatif::HumanDuration(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_estimate_before_the_first_is_done() {
        assert_eq!(left(0, 8, 3.0), "? left");
        assert_eq!(rate(0, 3.0), "- a minute");
        assert_eq!(rate(10, 4.0), "150 a minute");
        assert_eq!(left(1, 8, 3.0), "21 seconds left");
        assert_eq!(left(7, 8, 0.7), "1 second left");
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
