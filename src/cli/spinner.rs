//! A spinner on standard error, where that is a terminal. It is gone when dropped.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

/// A spinner with a message; none where standard error is no terminal.
pub(super) struct Spinner(Option<ProgressBar>);

impl Spinner {
    /// Show one on a terminal, unless it is not wanted.
    pub(super) fn new(is_wanted: bool) -> Self {
        Self((is_wanted && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        }))
    }

    /// The bar, if one is shown.
    pub(super) fn bar(&self) -> Option<&ProgressBar> {
        self.0.as_ref()
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
