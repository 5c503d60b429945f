//! Read one TOML file of the course into a type, with errors that show the line.

use std::{fs, io, path::Path};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::error::{Error, FORMAT_VERSION};

/// Read `path` and return its text and its parsed form.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<(String, T), Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_path_buf(),
        hint: match source.kind() {
            io::ErrorKind::NotFound => Some("is the course complete? see `--course`"),
            io::ErrorKind::InvalidData => Some("save the file as UTF-8"),
            _ => None,
        },
        source,
    })?;
    let parsed = parse(path, &text)?;
    Ok((text, parsed))
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Error> {
    let path = path.to_path_buf();
    // The version comes first: in a file of another version, unknown keys are expected.
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(source) => return Err(Error::Form { path, source }),
    };
    let version = table
        .get("format-version")
        .and_then(toml::Value::as_integer);
    let line = line_of(text, offset_of(text, &["format-version"]));
    match version {
        Some(FORMAT_VERSION) => {}
        Some(found) => return Err(Error::OtherFormat { path, line, found }),
        None => return Err(Error::NoFormat { path, line }),
    }
    toml::from_str(text).map_err(|source| Error::Form { path, source })
}

/// The line, counted from one, of a byte offset in `text`.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    text.as_bytes()[..end].split(|&b| b == b'\n').count()
}

/// The offset in `text` of the key at `path`, through tables; if there is no such key, the offset of the last
/// table of the path that exists.
pub(super) fn offset_of(text: &str, path: &[&str]) -> usize {
    let Ok(file) = DeTable::parse(text) else {
        return 0;
    };
    let (mut table, mut offset) = (Some(file.get_ref()), 0);
    for name in path {
        let found = table.and_then(|table| {
            let mut keys = table.iter();
            keys.find(|(key, _)| key.get_ref() == name)
        });
        let Some((key, value)) = found else {
            break;
        };
        offset = key.span().start;
        table = match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => None,
        };
    }
    offset
}

/// A mistake in a file, with its line.
pub(super) fn mistake(path: &Path, text: &str, offset: usize, what: impl Into<String>) -> Error {
    Error::Mistake {
        path: path.to_path_buf(),
        line: line_of(text, offset),
        what: what.into(),
        hint: None,
    }
}

/// One file of the course, for errors with their place.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Place<'_> {
    /// A mistake at a byte offset of the text.
    pub(super) fn wrong(self, offset: usize, what: impl Into<String>) -> Error {
        mistake(self.path, self.text, offset, what)
    }

    /// A mistake at a key; see [`offset_of`].
    pub(super) fn wrong_key(self, key: &[&str], what: impl Into<String>) -> Error {
        self.wrong(offset_of(self.text, key), what)
    }
}
