//! Read one TOML file of the course into a type, with errors that show the line.

use std::{fs, io, path::Path};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use crate::fault::{Fault, FaultKind};

/// The one format this version reads, of both `grader.toml` and `exercise.toml`.
const FORMAT_VERSION: i64 = 1;

/// Read `path` and return its text and its parsed form.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<(String, T), Fault> {
    let text = fs::read_to_string(path).map_err(|error| {
        let fault = Fault::io(FaultKind::Usage, "read", path, &error);
        match error.kind() {
            io::ErrorKind::NotFound => fault.hint("is the course complete? see `--course`"),
            io::ErrorKind::InvalidData => fault.hint("save the file as UTF-8"),
            _ => fault,
        }
    })?;
    let parsed = parse(path, &text)?;
    Ok((text, parsed))
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Fault> {
    let invalid = |error: toml::de::Error| {
        Fault::usage(format!("failed to read `{}`", path.display()))
            .because(error.to_string().trim_end())
            .hint("mend the line shown; CONTRIBUTING.md lists every key")
    };
    // The version comes first: in a file of another version, unknown keys are no news.
    let table: toml::Table = text.parse().map_err(invalid)?;
    match table
        .get("format-version")
        .and_then(toml::Value::as_integer)
    {
        Some(FORMAT_VERSION) => {}
        Some(newer) if newer > FORMAT_VERSION => {
            return Err(Fault::usage(format!(
                "failed to read `{}`: it has format-version {newer}, this program reads {FORMAT_VERSION}",
                path.display()
            ))
            .hint("install a newer `grade`"));
        }
        Some(older) => {
            return Err(Fault::usage(format!(
                "failed to read `{}`: it has format-version {older}, this program reads {FORMAT_VERSION}",
                path.display()
            ))
            .hint(format!(
                "bring the file up to date, and say `format-version = {FORMAT_VERSION}` in it"
            )));
        }
        None => {
            return Err(Fault::usage(format!(
                "failed to read `{}`: it does not say `format-version = {FORMAT_VERSION}`",
                path.display()
            ))
            .hint(format!(
                "put `format-version = {FORMAT_VERSION}` at the top of the file"
            )));
        }
    }
    toml::from_str(text).map_err(invalid)
}

/// The line, counted from one, of a byte offset in `text`.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    text.as_bytes()[..end].split(|&b| b == b'\n').count()
}

/// Where the key at `path` stands in `text`, through tables; if it is nowhere, where the last of them is
/// that is there.
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

/// A mistake in what a file says, at a line.
pub(super) fn mistake(path: &Path, text: &str, offset: usize, what: impl AsRef<str>) -> Fault {
    Fault::usage(format!(
        "failed to read `{}`, line {}: {}",
        path.display(),
        line_of(text, offset),
        what.as_ref()
    ))
    .hint("mend the line shown; CONTRIBUTING.md lists every key and what it may be")
}
