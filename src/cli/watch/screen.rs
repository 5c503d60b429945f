//! What is on the screen: the last verdict, and one line about what is done now.
//!
//! On a terminal that can draw, each verdict begins on a clean screen. Everywhere else (a file, a terminal without
//! colour, as for a screen reader) text is only ever added, without a single control character. Never waits.

use std::{
    io::{self, IsTerminal as _},
    sync::{Mutex, PoisonError},
};

use super::super::{
    output::{self, Output},
    progress::GradeProgress,
    report_folder::context,
};
use crate::{
    fault::Fault,
    grading::{Progress, ProgressEvent},
};
use judge::record::Record;
use report::{
    Context, Frame, brief, fitted, human,
    style::{DIM, NARROW, WIDTH},
};

/// Clears the screen and goes to its first line. What was above stays in the terminal's memory.
const CLEAN: &str = "\u{1b}[2J\u{1b}[H";

/// Lines where nobody knows how many there are.
const ROWS: usize = 24;

/// The verdict that is shown.
pub(super) struct Shown {
    pub(super) record: Record,
    pub(super) since: Option<String>,
}

impl Shown {
    /// What reports depend on besides the record.
    pub(super) fn context(&self) -> Context {
        Context {
            since: self.since.clone(),
            screen: output::screen(),
            ..context()
        }
    }
}

/// How much of a verdict is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// One screen.
    Brief,
    /// The whole report.
    All,
}

/// The screen.
pub(super) struct Screen<'a> {
    output: &'a Output,
    is_drawn: bool,
    /// What is said below each verdict.
    footer: Vec<String>,
}

impl<'a> Screen<'a> {
    pub(super) fn new(output: &'a Output) -> Self {
        Self {
            output,
            is_drawn: output.can_draw(),
            footer: Vec::new(),
        }
    }

    /// Whether a verdict takes the place of the one before.
    pub(super) fn is_drawn(&self) -> bool {
        self.is_drawn
    }

    /// Say something below each verdict from now on.
    pub(super) fn set_footer(&mut self, footer: Vec<String>) {
        self.footer = footer;
    }

    /// Say something once.
    pub(super) fn note(&self, text: &str) {
        let width = if io::stderr().is_terminal() {
            frame().width.saturating_sub("grade: ".len())
        } else {
            usize::MAX
        };
        for line in fitted(text, width).lines() {
            self.output.note(line);
        }
    }

    /// Say how the grading failed.
    pub(super) fn fault(&self, fault: &Fault) -> Result<(), Fault> {
        self.clean()?;
        self.output.fault(fault);
        self.write_footer()
    }

    /// Show a verdict.
    pub(super) fn show(&self, shown: &Shown, detail: Detail) -> Result<(), Fault> {
        let Frame { width, rows } = frame();
        self.clean()?;
        let footer: usize = self
            .footer
            .iter()
            .map(|line| fitted(line, width).lines().count())
            .sum();
        // One line stays free for what is done.
        let rows = rows.saturating_sub(footer + 2);
        let record = &shown.record;
        let text = match detail {
            Detail::Brief => brief(record, shown.since.as_deref(), Frame { width, rows }),
            Detail::All => narrow(&human(record, &shown.context()), width),
        };
        self.output.report(&text)?;
        self.write_footer()
    }

    /// Show more below the verdict.
    pub(super) fn add(&self, text: &str) -> Result<(), Fault> {
        self.output
            .report(&format!("\n{}", narrow(text, frame().width)))
    }

    fn clean(&self) -> Result<(), Fault> {
        self.output.report(if self.is_drawn { CLEAN } else { "\n" })
    }

    fn write_footer(&self) -> Result<(), Fault> {
        let width = frame().width;
        let lines = self.footer.iter().map(|line| fitted(line, width));
        let lines = lines.collect::<String>();
        let lines = lines.lines().map(|line| format!("{DIM}{line}{DIM:#}\n"));
        self.output
            .report(&format!("\n{}", lines.collect::<String>()))
    }
}

/// A report with no line longer than the screen. Where the screen is as wide as reports can be, a longer line is there to
/// be copied.
fn narrow(text: &str, width: usize) -> String {
    if width < NARROW {
        fitted(text, width)
    } else {
        text.to_owned()
    }
}

/// The room there is: what the terminal says, or what is usual.
fn frame() -> Frame {
    let stdout = io::stdout();
    let size = rustix::termios::tcgetwinsize(&stdout).ok();
    let or = |found: Option<u16>, unknown| match found {
        None | Some(0) => unknown,
        Some(found) => usize::from(found),
    };
    let width = or(size.map(|size| size.ws_col), WIDTH);
    let rows = or(size.map(|size| size.ws_row), ROWS);
    Frame {
        width: width.min(WIDTH),
        // A file has no end.
        rows: if stdout.is_terminal() {
            rows
        } else {
            usize::MAX
        },
    }
}

/// Shows what is done, while something is.
pub(super) struct Doing<'a> {
    output: &'a Output,
    is_drawn: bool,
    now: Mutex<Option<GradeProgress>>,
}

impl<'a> Doing<'a> {
    pub(super) fn new(output: &'a Output, is_drawn: bool) -> Self {
        Self {
            output,
            is_drawn,
            now: Mutex::new(None),
        }
    }

    /// Something begins.
    pub(super) fn begin(&self) {
        let progress = if self.is_drawn {
            GradeProgress::new(self.output)
        } else {
            GradeProgress::in_lines(self.output)
        };
        self.set(Some(progress));
    }

    /// It has ended, and its line is gone.
    pub(super) fn end(&self) {
        self.set(None);
    }

    fn set(&self, progress: Option<GradeProgress>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}

impl Progress for Doing<'_> {
    fn event(&self, event: ProgressEvent) {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = &*now {
            progress.event(event);
        }
    }
}
