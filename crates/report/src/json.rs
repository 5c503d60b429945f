//! Records as JSON, which stays the same value when it is read and shows nothing that acts on a terminal.

use serde::Serialize;

use crate::escape::escape_json;
use judge::record::Record;

/// The record itself, as indented JSON with a newline at the end.
#[must_use]
pub fn json(record: &Record) -> String {
    // A record has only string keys and finite numbers, so this cannot fail.
    let mut text = escape_json(&serde_json::to_string_pretty(record).unwrap_or_default());
    text.push('\n');
    text
}

/// A record, or another part of a class's output, as JSON in one line.
///
/// # Errors
/// It has no form in JSON.
pub fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(|json| escape_json(&json))
}
