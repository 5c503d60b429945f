//! What is going on, on standard error: a spinner on a terminal, and plain lines for what may take long
//! elsewhere.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;
use crate::grading::{Event, Listener};
use judge::report::escape_line;

/// Shows the events of a grading.
pub(super) struct Progress<'a> {
    bar: Option<ProgressBar>,
    output: &'a Output,
}

impl<'a> Progress<'a> {
    pub(super) fn new(output: &'a Output) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar, output }
    }
}

impl Listener for Progress<'_> {
    fn event(&self, event: Event) {
        let words = match event {
            Event::Preparing(what) => {
                if self.bar.is_none() {
                    self.output.note(&what);
                }
                what
            }
            Event::Reference => "the reference goes first".to_owned(),
            Event::Building => "building".to_owned(),
            Event::Running { number, of } => format!("run {number} of {of}"),
        };
        if let Some(bar) = &self.bar {
            bar.set_message(escape_line(&words));
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
