//! The progress of a grading, on standard error: a spinner on a terminal, and elsewhere a plain line before
//! each step that may take long.

use super::{output::Output, spinner::Spinner};
use crate::grading::{Progress, ProgressEvent};
use report::escape_line;

/// Shows the events of a grading.
pub(super) struct GradeProgress<'a> {
    spinner: Spinner,
    output: &'a Output,
}

impl<'a> GradeProgress<'a> {
    pub(super) fn new(output: &'a Output) -> Self {
        Self {
            spinner: Spinner::new(true),
            output,
        }
    }
}

impl Progress for GradeProgress<'_> {
    fn event(&self, event: ProgressEvent) {
        let message = match event {
            ProgressEvent::Preparing(what) => {
                if self.spinner.bar().is_none() {
                    self.output.note(&what);
                }
                what
            }
            ProgressEvent::Reference => "the reference goes first".to_owned(),
            ProgressEvent::Building => "building".to_owned(),
            ProgressEvent::Running { number, of } => format!("run {number} of {of}"),
        };
        if let Some(bar) = self.spinner.bar() {
            bar.set_message(escape_line(&message));
        }
    }
}
