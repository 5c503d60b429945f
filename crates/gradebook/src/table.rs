//! A file of cells, as it is to the byte: what separates them, how they are quoted, how lines end.
//!
//! A cell can be replaced, and nothing else of the file changes: the text is kept, and what replaces a part of it is
//! put in when the file is written. Quotes are read as RFC 4180 says. The first line says whether `,`, `;` or a tab
//! separates the cells. Never knows what a column means.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

/// The most bytes of a file. A class of 5000 with 500 columns has less.
pub const MOST_BYTES: usize = 32 << 20;
/// The most cells of a file.
const MOST_CELLS: usize = 4_000_000;
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// Why a file has no cells that can be read, to follow its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// It is larger than any class needs.
    #[error("it is larger than {} MiB", MOST_BYTES >> 20)]
    TooLarge,
    /// It has more cells than any class needs.
    #[error("it has more than {MOST_CELLS} cells")]
    TooManyCells,
    /// It has no text.
    #[error("it is empty")]
    Empty,
    /// Two bytes for each character.
    #[error("its text is UTF-16")]
    Utf16,
    /// A code page.
    #[error("line {line} is not UTF-8")]
    NotUtf8 {
        /// Counted from one.
        line: usize,
    },
    /// A workbook or an archive.
    #[error("it is a workbook or an archive, and not text")]
    Workbook,
    /// What a browser saves in the place of a file.
    #[error("it is a web page")]
    WebPage,
    /// A quoted cell has no end.
    #[error("the quote that begins on line {line} has no end")]
    OpenQuote {
        /// Counted from one.
        line: usize,
    },
    /// Something stands between the end of a quoted cell and the next cell.
    #[error("on line {line}, text follows a closing quote")]
    BehindQuote {
        /// Counted from one.
        line: usize,
    },
}

impl TableError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge | Self::TooManyCells | Self::Empty => {
                "name the file as it was downloaded, with one line for each student"
            }
            Self::Utf16 | Self::NotUtf8 { .. } => {
                "save it as UTF-8 (in a spreadsheet: `CSV UTF-8`), or download it again"
            }
            Self::Workbook => "save it as CSV (in a spreadsheet: `CSV UTF-8`)",
            Self::WebPage => "log in with a browser, and download the file again",
            Self::OpenQuote { .. } | Self::BehindQuote { .. } => {
                "repair that line: a quote within a quoted cell is written twice"
            }
        }
    }
}

/// One line of cells. A cell in quotes may have line breaks, so it may be several lines of the file.
#[derive(Debug, Clone)]
struct Row {
    line: usize,
    cells: Vec<Range<usize>>,
}

/// A file of cells.
#[derive(Debug, Clone)]
pub struct Table {
    text: String,
    delimiter: u8,
    rows: Vec<Row>,
    changes: BTreeMap<(usize, usize), String>,
}

impl Table {
    /// Read a file.
    ///
    /// # Errors
    /// It is no text with cells.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, TableError> {
        if bytes.len() > MOST_BYTES {
            return Err(TableError::TooLarge);
        }
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) || has_nul(&bytes) {
            return Err(TableError::Utf16);
        }
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
            return Err(TableError::Workbook);
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.split(|byte| *byte == b'\n').count();
            TableError::NotUtf8 { line }
        })?;
        let start = text
            .strip_prefix(BYTE_ORDER_MARK)
            .map_or(0, |_| BYTE_ORDER_MARK.len());
        let body = &text[start..];
        if body.trim().is_empty() {
            return Err(TableError::Empty);
        }
        if body.trim_start().starts_with('<') {
            return Err(TableError::WebPage);
        }
        let delimiter = delimiter(body);
        let rows = rows(&text, start, delimiter)?;
        Ok(Self {
            text,
            delimiter,
            rows,
            changes: BTreeMap::new(),
        })
    }

    /// What separates the cells.
    #[must_use]
    pub const fn delimiter(&self) -> char {
        self.delimiter as char
    }

    /// The numbers of the rows in which there is anything.
    pub fn rows(&self) -> impl Iterator<Item = usize> {
        let is_blank = |row: &Row| {
            row.cells
                .iter()
                .all(|cell| self.text[cell.clone()].trim().is_empty())
        };
        let rows = self.rows.iter().enumerate();
        rows.filter(move |(_, row)| !is_blank(row))
            .map(|(at, _)| at)
    }

    /// On which line of the file a row begins, counted from one.
    #[must_use]
    pub fn line(&self, row: usize) -> usize {
        self.rows[row].line
    }

    /// How many cells a row has.
    #[must_use]
    pub fn width(&self, row: usize) -> usize {
        self.rows[row].cells.len()
    }

    /// What a cell says, as it was read; nothing where the row has no such cell.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Cow<'_, str> {
        let Some(range) = self.rows.get(row).and_then(|row| row.cells.get(column)) else {
            return Cow::Borrowed("");
        };
        let raw = &self.text[range.clone()];
        match quoted(raw) {
            Some(inner) if inner.contains('"') => Cow::Owned(inner.replace("\"\"", "\"")),
            Some(inner) => Cow::Borrowed(inner),
            None => Cow::Borrowed(raw),
        }
    }

    /// Let a cell say something else. It keeps its quotes. Whether the row has such a cell.
    pub fn set(&mut self, row: usize, column: usize, value: &str) -> bool {
        let Some(range) = self.rows.get(row).and_then(|row| row.cells.get(column)) else {
            return false;
        };
        let is_quoted = quoted(&self.text[range.clone()]).is_some();
        let needs_quotes = value.contains(['"', '\r', '\n', self.delimiter()]);
        let written = if is_quoted || needs_quotes {
            format!("\"{}\"", value.replace('"', "\"\""))
        } else {
            value.to_owned()
        };
        self.changes.insert((row, column), written);
        true
    }

    /// The file with the changes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.text.len() + 16 * self.changes.len());
        let mut written = 0;
        for ((row, column), value) in &self.changes {
            let range = &self.rows[*row].cells[*column];
            bytes.extend_from_slice(&self.text.as_bytes()[written..range.start]);
            bytes.extend_from_slice(value.as_bytes());
            written = range.end;
        }
        bytes.extend_from_slice(&self.text.as_bytes()[written..]);
        bytes
    }
}

/// What is between the quotes of a quoted cell.
fn quoted(raw: &str) -> Option<&str> {
    raw.strip_prefix('"')?.strip_suffix('"')
}

/// UTF-16 without a mark at its start: text of Western languages has a NUL in every second byte.
fn has_nul(bytes: &[u8]) -> bool {
    bytes.iter().take(4096).any(|byte| *byte == 0)
}

/// What separates the cells: what stands most often in the first line that is not empty, outside of quotes.
fn delimiter(body: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut is_inside = false;
    for byte in body.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => is_inside = !is_inside,
            b'\r' | b'\n' if !is_inside => break,
            _ if !is_inside => {
                for (delimiter, count) in &mut counts {
                    *count += usize::from(byte == *delimiter);
                }
            }
            _ => {}
        }
    }
    // Of equal counts, the first one.
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let found = counts.iter().find(|(_, count)| *count == most);
    found.map_or(b',', |(delimiter, _)| *delimiter)
}

fn rows(text: &str, start: usize, delimiter: u8) -> Result<Vec<Row>, TableError> {
    let bytes = text.as_bytes();
    let (mut rows, mut cells) = (Vec::new(), Vec::new());
    let (mut at, mut line, mut count) = (start, 1, 0);
    let mut row_line = 1;
    while at < bytes.len() || !cells.is_empty() {
        let begin = at;
        at = end_of_cell(bytes, at, delimiter, &mut line)?;
        cells.push(begin..at);
        count += 1;
        if count > MOST_CELLS {
            return Err(TableError::TooManyCells);
        }
        if bytes.get(at) == Some(&delimiter) {
            at += 1;
            continue;
        }
        // A line ends with LF, with CR LF, or in old files with CR; the last one with the file.
        at += match bytes[at..] {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        line += 1;
        rows.push(Row {
            line: row_line,
            cells: std::mem::take(&mut cells),
        });
        row_line = line;
    }
    Ok(rows)
}

/// Where the cell that begins at `at` ends: at a delimiter, at the end of a line or of the file.
fn end_of_cell(
    bytes: &[u8],
    mut at: usize,
    delimiter: u8,
    line: &mut usize,
) -> Result<usize, TableError> {
    let is_end = |byte: u8| byte == delimiter || byte == b'\r' || byte == b'\n';
    if bytes.get(at) != Some(&b'"') {
        let length = bytes[at..].iter().position(|byte| is_end(*byte));
        return Ok(length.map_or(bytes.len(), |length| at + length));
    }
    let begin = *line;
    at += 1;
    loop {
        match bytes[at..] {
            [b'"', b'"', ..] => at += 2,
            [b'"', next, ..] if !is_end(next) => {
                return Err(TableError::BehindQuote { line: *line });
            }
            [b'"', ..] => return Ok(at + 1),
            [byte, ref rest @ ..] => {
                let ends_line = byte == b'\n' || byte == b'\r' && rest.first() != Some(&b'\n');
                *line += usize::from(ends_line);
                at += 1;
            }
            [] => return Err(TableError::OpenQuote { line: begin }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(text: &str) -> Table {
        Table::parse(text.as_bytes().to_vec()).unwrap()
    }

    fn cells(table: &Table) -> Vec<Vec<String>> {
        let row = |row: usize| {
            (0..table.width(row))
                .map(|column| table.cell(row, column).into_owned())
                .collect()
        };
        table.rows().map(row).collect()
    }

    #[test]
    fn cells_are_read_as_rfc_4180_says() {
        let table = table("\u{FEFF}a,\"b, \"\"c\"\"\",\r\n\r\n\"two\nlines\",x\"y,\"\"\n");
        assert_eq!(
            cells(&table),
            [["a", "b, \"c\"", ""], ["two\nlines", "x\"y", ""]]
        );
        assert_eq!(
            table.rows().map(|row| table.line(row)).collect::<Vec<_>>(),
            [1, 3]
        );
    }

    #[test]
    fn the_first_line_says_what_separates_cells() {
        for (text, delimiter) in [
            ("a,b;c,d", ','),
            ("\n\na;b,c;d", ';'),
            ("\"a,b,c\";d", ';'),
            ("a\tb", '\t'),
            ("a", ','),
        ] {
            assert_eq!(table(text).delimiter(), delimiter, "{text:?}");
        }
    }

    #[test]
    fn a_cell_that_changes_keeps_its_quotes_and_nothing_else_changes() {
        let mut table = table("\u{FEFF}n;g\r\n\"Doe; Jane\";\"1\"\r\nRoe;2\rlast;");
        assert!(table.set(1, 1, "10,5"));
        assert!(table.set(2, 1, "a;b"));
        assert!(table.set(3, 1, "7"));
        assert!(!table.set(3, 2, "7"));
        let written = String::from_utf8(table.write()).unwrap();
        assert_eq!(
            written,
            "\u{FEFF}n;g\r\n\"Doe; Jane\";\"10,5\"\r\nRoe;\"a;b\"\rlast;7"
        );
    }

    #[test]
    fn what_is_no_table_is_told_with_its_line_and_what_to_do() {
        for (bytes, error) in [
            (&b""[..], TableError::Empty),
            (b"\xEF\xBB\xBF \r\n", TableError::Empty),
            (b"\xFF\xFEa\0", TableError::Utf16),
            (b"a\0,\0b\0", TableError::Utf16),
            (b"a,b\n1,M\xFCller\n", TableError::NotUtf8 { line: 2 }),
            (b"PK\x03\x04...", TableError::Workbook),
            (b"<!DOCTYPE html>", TableError::WebPage),
            (b"a,b\n1,\"x\n2,y\n", TableError::OpenQuote { line: 2 }),
            (b"a,b\n\"1\n\"x,y\n", TableError::BehindQuote { line: 3 }),
        ] {
            let found = Table::parse(bytes.to_vec()).unwrap_err();
            assert_eq!(found, error);
            assert!(!found.hint().is_empty());
        }
        let large = vec![b'a'; MOST_BYTES + 1];
        assert_eq!(Table::parse(large).unwrap_err(), TableError::TooLarge);
        let wide = vec![b','; MOST_CELLS + 1];
        assert_eq!(Table::parse(wide).unwrap_err(), TableError::TooManyCells);
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_to_the_byte(text in "\u{FEFF}?([a,;\"\t\r\n é]|\"\"|\",\"){0,60}") {
            if let Ok(table) = Table::parse(text.clone().into_bytes()) {
                prop_assert_eq!(table.write(), text.into_bytes());
            }
        }

        #[test]
        fn cells_that_are_written_are_read_again(
            rows in prop::collection::vec(prop::collection::vec("[a-z,;\"\r\n\té ]{0,6}", 2..4), 1..4),
            value in "[a-z,;\"\n]{0,6}",
        ) {
            let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let lines = rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(","));
            let text = lines.collect::<Vec<_>>().join("\n");
            prop_assume!(rows.iter().flatten().any(|cell| !cell.trim().is_empty()));
            let mut table = table(&text);
            prop_assert_eq!(table.rows.len(), rows.len());
            for (at, row) in rows.iter().enumerate() {
                for (column, cell) in row.iter().enumerate() {
                    let read = table.cell(at, column);
                    prop_assert_eq!(read.as_ref(), cell);
                }
            }
            table.set(0, 1, &value);
            let again = Table::parse(table.write()).unwrap();
            prop_assert_eq!(again.cell(0, 1), value.as_str());
            prop_assert_eq!(again.cell(0, 0), rows[0][0].as_str());
        }
    }
}
