//! How reports look: colours, width and where lines break, the same for every report and for progress.
//!
//! Never decides whether colour is shown: the caller removes it where it is not wanted.

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter};

/// The width of every report in columns.
pub const WIDTH: usize = 80;

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
