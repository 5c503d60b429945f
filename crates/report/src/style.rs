//! How reports look: colours, width and where lines break, the same for every report and for progress.
//!
//! Never decides whether colour is shown: the caller removes it where it is not wanted.

use std::fmt;

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter};

/// The width of every report in columns, where no narrower terminal shows it.
pub const WIDTH: usize = 80;

/// The width of a report on a narrower terminal, at least.
pub const NARROW: usize = 60;

/// Headlines.
pub const BOLD: Style = Style::new().bold();
/// Labels and remarks.
pub const DIM: Style = Style::new().dimmed();
/// What passed.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What failed.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is undecided.
pub const OPEN: Style = AnsiColor::Yellow.on_default().bold();

/// Lines of this width, broken at spaces alone, so that paths, names, flags and ids with a hyphen can be
/// copied whole.
pub(crate) fn lines_of(width: usize) -> Options<'static> {
    Options::new(width)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
}

/// A report for a person while it is written: its text and its width.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) text: String,
    pub(crate) width: usize,
}

impl Sheet {
    pub(crate) fn new(width: usize) -> Self {
        Self {
            text: String::new(),
            width,
        }
    }

    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Words in lines of the width, the first behind `first` and the others behind `other`.
    pub(crate) fn wrapped(&mut self, first: &str, other: &str, words: &str) {
        let options = lines_of(self.width)
            .initial_indent(first)
            .subsequent_indent(other);
        self.text += &textwrap::fill(words, options);
        self.text.push('\n');
    }
}

impl fmt::Write for Sheet {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        self.text.push_str(words);
        Ok(())
    }
}
