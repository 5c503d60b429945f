//! What an exercise asks: its checks, and the settings of those that have some.
//!
//! Plain data, filled by who reads an exercise's file. Never decides an answer: `check` does.

use ids::{CheckId, FilePattern};

/// What an exercise asks of each submission.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Questions {
    /// The checks, in the order in which they are asked.
    pub checks: Vec<CheckId>,
    /// Which part of what is printed is the answer.
    pub answer: Answer,
    /// The folder in which a program saves files that are compared with the reference's, relative to its working
    /// directory, if the exercise asks for files.
    pub saved: Option<String>,
    /// What `overlap` asks for.
    pub overlap: Overlap,
    /// What `order` asks for.
    pub order: Vec<OrderRule>,
}

/// Which part of what is printed is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answer {
    /// The last line that is not blank.
    #[default]
    LastLine,
    /// All lines that are not blank, in this order.
    Lines,
    /// All lines that are not blank, in any order.
    LinesInAnyOrder,
}

/// What `overlap` asks for. All that is given must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overlap {
    /// So many reads or requests are in flight at once, at some time.
    pub at_once: Option<AtOnce>,
    /// The least mean number of reads in flight; see [`evidence::Concurrency::effective`].
    pub effective: Option<f64>,
    /// At some time a read of the first kind and a read of the second are in flight.
    pub between: Option<[FilePattern; 2]>,
}

/// How many reads are to be in flight at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtOnce {
    /// All slow files of the dataset.
    All,
    /// So many.
    Number(u32),
}

/// One rule of `order`. In a `line`, `{name}` stands for the name of the file and `{stem}` for its name without the
/// ending; a printed line fits if it contains the text, and not as a part of a longer word or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderRule {
    /// The line of each of these files is printed when the file has been read: before the next of them has been, and
    /// within 100 virtual milliseconds.
    PrintedWhenRead {
        /// The files.
        files: FilePattern,
        /// The line of a file.
        line: String,
    },
    /// The line of each of these files is printed while the file is being read.
    PrintedWhileReading {
        /// The files.
        files: FilePattern,
        /// The line of a file.
        line: String,
        /// The least virtual time from the start of the read to the line, in milliseconds.
        after_ms: u32,
        /// The line is printed before so much virtual time has passed since the start of the read, in milliseconds.
        before_ms: Option<u32>,
    },
    /// At no time is the number of files of the first kind that have been read larger than the number of files of the
    /// second kind that have been begun, by more than this.
    Backlog {
        /// What is made, such as the orders that producers read.
        produced: FilePattern,
        /// What is used, such as the files that consumers read for an order.
        consumed: FilePattern,
        /// The largest difference.
        most: u32,
    },
    /// At no time are more of these files being read than this number.
    AtMost {
        /// The files.
        files: FilePattern,
        /// The largest number.
        number: u32,
    },
    /// Each of these files is read exactly once.
    Once {
        /// The files.
        files: FilePattern,
    },
}
