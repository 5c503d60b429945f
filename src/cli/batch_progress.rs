//! A batch under way, on standard error: on a terminal a bar with count, rate, time left and who is at
//! work, with results streaming above it; elsewhere a plain line for each result.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;
use crate::{
    batch::{Event, How, Listener},
    ids::SubmissionId,
    record::{Record, Verdict},
    report::{escape_line, reason},
};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// A line of a result is cut here, so that it stays one line.
const LONGEST_LINE: usize = 110;

/// Shows the events of a batch.
pub(super) struct BatchProgress<'a> {
    bar: Option<ProgressBar>,
    output: &'a Output,
    quiet: bool,
    at_work: Mutex<Vec<SubmissionId>>,
}

impl<'a> BatchProgress<'a> {
    pub(super) fn new(output: &'a Output, quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self {
            bar,
            output,
            quiet,
            at_work: Mutex::default(),
        }
    }

    /// A line that stays.
    fn line(&self, line: &str) {
        if self.quiet {
            return;
        }
        let print = || {
            let mut stderr = self.output.stderr();
            let _ = writeln!(stderr, "{line}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Say on the bar who is at work after `change`.
    fn at_work(&self, change: impl FnOnce(&mut Vec<SubmissionId>)) {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut at_work);
        if let Some(bar) = &self.bar {
            let names: Vec<&str> = at_work.iter().map(SubmissionId::as_str).collect();
            bar.set_message(names.join(", "));
        }
    }
}

impl Listener for BatchProgress<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Preparing(what) => match &self.bar {
                Some(bar) => bar.set_message(escape_line(what)),
                None if !self.quiet => self.output.note(what),
                None => {}
            },
            Event::Reference => {
                if let Some(bar) = &self.bar {
                    bar.set_message("the reference goes first");
                }
            }
            Event::Begun(total) => {
                if let Some(bar) = &self.bar {
                    let template = "{bar:24} {pos}/{len}  {per_sec}  {eta} left  {wide_msg}";
                    if let Ok(style) = ProgressStyle::with_template(template) {
                        bar.set_style(style);
                    }
                    bar.set_length(total as u64);
                    bar.reset();
                }
            }
            Event::Started(id) => self.at_work(|ids| ids.push(id.clone())),
            Event::Finished(record, how) => {
                self.at_work(|ids| ids.retain(|id| *id != record.submission.id));
                // Who did not change is counted and not listed: they are most of a class.
                if how == How::Graded {
                    self.line(&result(record));
                }
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
            }
            Event::Postponed(id, fault) => {
                self.at_work(|ids| ids.retain(|other| other != id));
                let words = format!("{id}  once more at the end: {fault}");
                self.line(&format!("{OPEN}later{OPEN:#}  {}", cut(&words)));
            }
        }
    }
}

impl Drop for BatchProgress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// One graded submission in a line.
fn result(record: &Record) -> String {
    let (style, word) = match record.verdict {
        Verdict::Pass => (GOOD, "pass "),
        Verdict::Fail => (BAD, "FAIL "),
        Verdict::NotGraded => (OPEN, "open "),
    };
    let points = record.score.map_or_else(
        || "-".to_owned(),
        |score| format!("{}/{}", score.earned, score.possible),
    );
    let why = reason(record).map(|why| format!("  {DIM}{}{DIM:#}", cut(&why)));
    format!(
        "{style}{word}{style:#}  {:<24} {points:>5}{}",
        record.submission.id,
        why.unwrap_or_default()
    )
}

fn cut(words: &str) -> String {
    let words = escape_line(words);
    match words.char_indices().nth(LONGEST_LINE) {
        Some((at, _)) => format!("{}…", &words[..at]),
        None => words,
    }
}
