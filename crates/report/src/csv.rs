//! The gradebook: one line a submission, for a spreadsheet.
//!
//! Quoted as RFC 4180 says, with a comma and LF, or with another separator where that is asked for. What a
//! spreadsheet would take for a formula gets an apostrophe in front, also behind a `;`, where half of Europe's spreadsheets begin a cell whatever is
//! quoted; and so does an id that they would take for a number or a date and change. What acts on a
//! terminal is shown by its number: some cells hold words of a submission.
//! A program that wants ids as they are reads `batch.json`.

use crate::{
    entry::{Entry, HandedIn, Person},
    escape::escape_line,
    separator::Separator,
    words::{reason, verdict_word},
};
use ids::words::MONTHS;
use ids::{CheckId, SubmissionId};
use judge::record::Status;

/// The first line: `checks` are the columns between the points and the reason. With `identities`, each line
/// ends with a person.
#[must_use]
pub fn gradebook_head(checks: &[CheckId], identities: bool, separator: Separator) -> String {
    let names = ["id", "verdict", "earned", "possible"].map(str::to_owned);
    let checks = checks.iter().map(ToString::to_string);
    let last = ["reason", "attempts", "late"].map(str::to_owned);
    let person = ["sid", "name", "email", "login", "group"].map(str::to_owned);
    let person = person.into_iter().filter(|_| identities);
    let cells = names.into_iter().chain(checks).chain(last).chain(person);
    line(cells, separator)
}

/// The lines of one submission: one, or one for each person of a group. A check's cell is what it earned; empty
/// where it was not asked or does not tell. How it was handed in is empty where that is not known.
#[must_use]
pub fn gradebook_lines(
    entry: &Entry,
    checks: &[CheckId],
    identities: bool,
    separator: Separator,
) -> String {
    let cells = cells(entry, checks);
    if !identities {
        return line(cells.into_iter(), separator);
    }
    let nobody = [Person::default()];
    let people = if entry.people.is_empty() {
        &nobody[..]
    } else {
        &entry.people
    };
    // Behind id, verdict, both numbers of points, and the checks.
    let reason = 4 + checks.len();
    let lines = people.iter().map(|person| {
        let mut cells = cells.clone();
        if !person.others.is_empty() {
            let others = person.others.iter().map(|id| format!("`{id}`"));
            let others = others.collect::<Vec<_>>().join(" and ");
            let note = format!("not certain: this person is also in {others}");
            let parts = [note, std::mem::take(&mut cells[reason])];
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            cells[reason] = parts.collect::<Vec<_>>().join("; ");
        }
        let person = [
            guard(&person.sid),
            person.name.clone(),
            person.email.clone(),
            guard(&person.login),
            guard(&person.group),
        ];
        line(cells.into_iter().chain(person), separator)
    });
    lines.collect()
}

/// The cells that do not depend on the person.
fn cells(entry: &Entry, checks: &[CheckId]) -> Vec<String> {
    let record = &entry.record;
    let points = |pick: fn(&judge::record::Score) -> u32| {
        record
            .score
            .as_ref()
            .map(|score| pick(score).to_string())
            .unwrap_or_default()
    };
    let of_checks = checks.iter().map(|id| {
        record
            .checks
            .iter()
            .find(|check| check.id == *id && check.status != Status::Inconclusive)
            .map(|check| check.earned.to_string())
            .unwrap_or_default()
    });
    let head = [
        guard_id(&record.submission.id),
        verdict_word(record.verdict).to_owned(),
        points(|score| score.earned),
        points(|score| score.possible),
    ];
    let (attempts, late) = match entry.handed_in {
        Some(HandedIn { attempts, is_late }) => {
            (attempts.to_string(), if is_late { "late" } else { "" })
        }
        None => (String::new(), ""),
    };
    let last = [
        reason(record).unwrap_or_default(),
        attempts,
        late.to_owned(),
    ];
    head.into_iter().chain(of_checks).chain(last).collect()
}

/// One line of any table for a spreadsheet, safe as the gradebook is.
#[must_use]
pub fn table_line(cells: impl Iterator<Item = String>) -> String {
    line(cells.map(|cell| guard(&cell)), Separator::Comma)
}

/// One line of a table.
pub(crate) fn line(cells: impl Iterator<Item = String>, separator: Separator) -> String {
    let mut writer = csv_core::WriterBuilder::new();
    let mut writer = writer.delimiter(separator.byte()).build();
    let mut line = Vec::new();
    for (number, cell) in cells.enumerate() {
        let cell = escape_formula(&cell, separator);
        // A quote is doubled; quotes and commas stand around the cell.
        let mut buffer = vec![0; 2 * cell.len() + 4];
        let mut used = 0;
        if number > 0 {
            used += writer.delimiter(&mut buffer).1;
        }
        used += writer.field(cell.as_bytes(), &mut buffer[used..]).2;
        line.extend_from_slice(&buffer[..used]);
    }
    let mut buffer = [0; 4];
    let used = writer.terminator(&mut buffer).1;
    line.extend_from_slice(&buffer[..used]);
    String::from_utf8_lossy(&line).into_owned()
}

/// A cell that is text and nothing else to a spreadsheet, whichever sign it takes for the end of a cell: a tab is escaped,
/// which leaves `;` and `,`. A cell with the separator in it is quoted, and so are its commas where that is a comma.
fn escape_formula(cell: &str, separator: Separator) -> String {
    let cell = escape_line(cell);
    let ends: &[char] = match separator {
        Separator::Comma => &[';'],
        Separator::Semicolon | Separator::Tab => &[';', ','],
    };
    let parts = cell.split_inclusive(ends).map(|part| {
        let mark = if is_formula(part) { "'" } else { "" };
        format!("{mark}{part}")
    });
    parts.collect()
}

/// What a formula starts with, in full width too, and behind spaces and quotes that programs take away.
fn is_formula(cell: &str) -> bool {
    let cell = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
    cell.starts_with([
        '=', '+', '-', '@', '|', '%', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}',
    ])
}

/// An id that looks the same in a spreadsheet.
pub(crate) fn guard_id(id: &SubmissionId) -> String {
    guard(id.as_str())
}

/// A text that a spreadsheet does not take for a number, a date or a word of its own.
pub(crate) fn guard(id: &str) -> String {
    if is_number(id) || is_date(id) || is_boolean(id) {
        format!("'{id}")
    } else {
        id.to_owned()
    }
}

/// Whether a spreadsheet would make a number or a date of it that shows differently: zeros in front, an
/// exponent, more digits than it keeps, points and hyphens between digits.
fn is_number(id: &str) -> bool {
    /// A double keeps as many.
    const DIGITS: usize = 15;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_digit())
        && id.len() <= DIGITS
        && (id == "0" || !id.starts_with('0'));
    let is_numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | 'e' | 'E');
    id.starts_with(|c: char| c.is_ascii_digit()) && id.chars().all(is_numeric) && !is_plain
}

/// Whether it is a month's name or its short form with numbers around: `MAR1`, `1-Dec-2024`.
fn is_date(id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    let mut words = id
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty());
    let (Some(word), None) = (words.next(), words.next()) else {
        return false;
    };
    word.len() >= 3
        && MONTHS.iter().any(|month| month.starts_with(word))
        && id.contains(|c: char| c.is_ascii_digit())
        && !id.contains('_')
}

fn is_boolean(id: &str) -> bool {
    ["true", "false"]
        .iter()
        .any(|word| id.eq_ignore_ascii_case(word))
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
            assert_eq!(escape_formula(cell, Separator::Comma), safe);
        }
        let cells = ["a,b", "say \"hi\"", "two\nlines"].map(str::to_owned);
        assert_eq!(
            line(cells.into_iter(), Separator::Comma),
            "\"a,b\",\"say \"\"hi\"\"\",two\\u{a}lines\n"
        );
    }

    #[test]
    fn no_formula_begins_where_other_signs_end_a_cell() {
        for cell in [
            ";=1+1",
            "a;=1+1;-2",
            "a; =1",
            "a;\"=1",
            "a;\u{a0}\"\"@x",
            "a\t=1",
            "total: `x\n;+1`",
        ] {
            let line = line([cell.to_owned()].into_iter(), Separator::Comma);
            for cell in line.trim_end().split([';', '\t', '\r', '\n']) {
                let bare = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
                assert!(!bare.starts_with(['=', '+', '-', '@']), "{line:?}");
            }
        }
        let plain = "a;b; c,d";
        for separator in [Separator::Comma, Separator::Semicolon, Separator::Tab] {
            assert_eq!(escape_formula(plain, separator), plain);
        }
    }

    #[test]
    fn another_separator_leaves_no_formula_to_who_reads_commas() {
        for separator in [Separator::Semicolon, Separator::Tab] {
            let cells = ["x", "a,=1+1", "b;-2", "c"].map(str::to_owned);
            let line = line(cells.into_iter(), separator);
            for cell in line.trim_end().split([',', ';', '\t']) {
                let bare = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
                assert!(!bare.starts_with(['=', '+', '-', '@']), "{line:?}");
            }
        }
        let cells = ["a,b", "c;d"].map(str::to_owned);
        assert_eq!(
            line(cells.into_iter(), Separator::Semicolon),
            "a,b;\"c;d\"\n"
        );
        assert_eq!("tab".parse(), Ok(Separator::Tab));
        assert!("|".parse::<Separator>().is_err());
    }

    #[test]
    fn an_id_that_a_spreadsheet_would_change_is_marked_as_text() {
        for id in [
            "0012345",
            "1e5",
            "12E03",
            "1234567890123456",
            "1.50",
            "3-4",
            "2024-01-02",
            "MAR1",
            "1-dec-2024",
            "Sept2",
            "TRUE",
        ] {
            let id: SubmissionId = id.parse().unwrap();
            assert_eq!(guard_id(&id), format!("'{id}"));
        }
        for id in [
            "0",
            "12345",
            "alice",
            "alice-7",
            "e5",
            "margaret1",
            "ma1",
            "may",
            "a1e5",
            "1_2",
            "dec_1",
            "truely",
        ] {
            assert_eq!(guard_id(&id.parse().unwrap()), id);
        }
    }
}
