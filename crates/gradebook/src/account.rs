//! What a merge did, for a person: how many cells it filled, and who is missing on which side.
//!
//! Never cuts a list: each line is somebody's grade.

use std::fmt::Write as _;

use ids::words::count;
use report::escape_line;

/// What became of the grades and of the lines of the file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct MergeAccount {
    /// The column.
    pub title: String,
    /// How many cells have a new grade.
    pub filled: usize,
    /// How many cells had the grade already.
    pub unchanged: usize,
    /// The submissions that were not graded: their cells are as they were.
    pub not_graded: Vec<String>,
    /// Whose cells had to stay as they are, and why.
    pub locked: Vec<String>,
    /// What is not certain, so that the cells are as they were.
    pub doubtful: Vec<String>,
    /// Who was found by the name alone.
    pub by_name: Vec<String>,
    /// The submissions, or members of a group, that are not in the file.
    pub not_in_file: Vec<String>,
    /// Who is in the file and has no submission.
    pub without_submission: Vec<String>,
}

impl MergeAccount {
    /// The account as text.
    #[must_use]
    pub fn human(&self) -> String {
        let mut text = format!("{}: {} filled in", self.title, count(self.filled, "grade"));
        if self.unchanged > 0 {
            // Writing to a string cannot fail.
            let _ = write!(text, ", {} as before", self.unchanged);
        }
        let mut text = escape_line(&text) + "\n";
        for (headline, lines) in [
            (
                "Not graded, so their cells are as they were",
                &self.not_graded,
            ),
            ("Cells that must stay as they are", &self.locked),
            ("Not certain, so the cells are as they were", &self.doubtful),
            ("Found by the name alone: please check", &self.by_name),
            ("Submissions of nobody in the file", &self.not_in_file),
            (
                "In the file, without a submission",
                &self.without_submission,
            ),
        ] {
            if lines.is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n{headline} ({})", lines.len());
            for line in lines {
                let _ = writeln!(text, "  {}", escape_line(line));
            }
        }
        text
    }
}
