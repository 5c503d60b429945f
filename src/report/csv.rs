//! The gradebook: one line a submission, for a spreadsheet.
//!
//! Quoted as RFC 4180 says, with a comma and LF. A cell that a spreadsheet would take for a formula gets an
//! apostrophe in front, and what acts on a terminal is shown by its number: some cells hold words of a
//! submission.

use super::{escape_line, reason, verdict_word};
use crate::{
    ids::CheckId,
    record::{Record, Status},
};

/// The first line: `checks` are the columns between the points and the reason.
#[must_use]
pub fn gradebook_head(checks: &[CheckId]) -> String {
    let names = ["id", "verdict", "earned", "possible"].map(str::to_owned);
    let checks = checks.iter().map(ToString::to_string);
    line(names.into_iter().chain(checks).chain(["reason".to_owned()]))
}

/// The line of one submission. A check's cell is what it earned; empty where it was not asked or does
/// not tell.
#[must_use]
pub fn gradebook_line(record: &Record, checks: &[CheckId]) -> String {
    let points = |pick: fn(&crate::record::Score) -> u32| {
        record
            .score
            .as_ref()
            .map(|score| pick(score).to_string())
            .unwrap_or_default()
    };
    let cells = checks.iter().map(|id| {
        record
            .checks
            .iter()
            .find(|check| check.id == *id && check.status != Status::Inconclusive)
            .map(|check| check.earned.to_string())
            .unwrap_or_default()
    });
    let head = [
        record.submission.id.to_string(),
        verdict_word(record.verdict).to_owned(),
        points(|score| score.earned),
        points(|score| score.possible),
    ];
    line(
        head.into_iter()
            .chain(cells)
            .chain([reason(record).unwrap_or_default()]),
    )
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail, and what was escaped is UTF-8.
    let _ = writer.write_record(cells.map(|cell| harmless(&cell)));
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// A cell that is text and nothing else to a spreadsheet.
fn harmless(cell: &str) -> String {
    let cell = escape_line(cell);
    // What a formula starts with, in full width too, and behind spaces that some programs take away.
    let acts = cell.trim_start().starts_with([
        '=', '+', '-', '@', '|', '%', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}',
    ]);
    if acts { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_and_never_a_formula() {
        for (cell, safe) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            (" @x", "' @x"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("\u{FF1D}1", "'\u{FF1D}1"),
            ("\t=1", "\\u{9}=1"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(harmless(cell), safe);
        }
        let cells = ["a,b", "say \"hi\"", "two\nlines"].map(str::to_owned);
        assert_eq!(
            line(cells.into_iter()),
            "\"a,b\",\"say \"\"hi\"\"\",two\\u{a}lines\n"
        );
    }
}
