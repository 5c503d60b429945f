//! SARIF 2.1.0, as GitHub's code scanning reads it: a rule for each check, a result for each that failed.
//!
//! A result without a place is not shown, so a failure that has none is at the manifest. What was not graded is a
//! notification about the tool, and a result of the level `note`. In a message, square brackets may be a link; a
//! backslash in front takes that from them. `message` and `uri` are the only places that write text of a submission.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::{
    class_report::ClassReport,
    entry::Entry,
    escape::escape_block,
    json::json_line,
    lines::{answer_lines, fault_lines},
    place::{self, Place},
};
use ids::{CheckId, Digest};
use judge::{
    check,
    record::{Check, Record, Status},
};

/// The rule of what was not graded.
const NOT_GRADED: &str = "not-graded";
/// The most characters of a message.
const LONGEST_MESSAGE: usize = 4000;

/// The report of one submission.
pub(crate) fn sarif(entry: &Entry) -> io::Result<String> {
    let mut text = Vec::new();
    let mut file = File::begin(&mut text)?;
    file.add_in(entry, entry.folder.as_deref().unwrap_or_default())?;
    file.finish()?;
    String::from_utf8(text).map_err(io::Error::other)
}

/// A file that is written result by result.
pub(crate) struct File<'a> {
    to: &'a mut dyn Write,
    separator: &'static str,
    /// What was not graded, as text: a class may have many of these.
    notifications: String,
}

/// The report of a class. A submission whose folder is not known is in a folder of its id.
impl ClassReport for File<'_> {
    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let id = entry.record.submission.id.as_str();
        self.add_in(entry, entry.folder.as_deref().unwrap_or(id))
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        self.finish()
    }
}

impl<'a> File<'a> {
    pub(crate) fn begin(to: &'a mut dyn Write) -> io::Result<Self> {
        let checks = CheckId::ALL.into_iter();
        let checks = checks.map(|id| rule(id.as_str(), check::asks(id), "error"));
        let not_graded = "the machine or the course has a problem, so there are no points";
        let rules: Vec<Value> = checks
            .chain([rule(NOT_GRADED, not_graded, "note")])
            .collect();
        let driver = json!({
            "name": "grade",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        });
        write!(
            to,
            "{{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n\"version\": \"2.1.0\",\n\
             \"runs\": [{{\n\"tool\": {{\"driver\": {}}},\n\"results\": [",
            json_line(&driver)?
        )?;
        Ok(Self {
            to,
            separator: "\n",
            notifications: String::new(),
        })
    }

    fn add_in(&mut self, entry: &Entry, folder: &str) -> io::Result<()> {
        let record = &entry.record;
        for check in &record.checks {
            let level = match check.status {
                Status::Fail => "error",
                Status::Inconclusive => "note",
                Status::Pass | Status::Skipped => continue,
            };
            let points = points(check);
            // The id and the points stand before the answer.
            let before = record.submission.id.as_str().len() + points.len() + 4;
            let answer = answer_lines(check, LONGEST_MESSAGE.saturating_sub(before));
            let words = format!("{points}: {answer}");
            let place = place::of(check);
            self.result(check.id.as_str(), level, &words, record, folder, place)?;
        }
        for fault in &record.faults {
            let words = format!("not graded, which is no zero: {}", fault_lines(fault));
            let text = message(&format!("{}: {words}", record.submission.id));
            let notification = json!({
                "level": "error",
                "message": {"text": text},
                "descriptor": {"id": NOT_GRADED},
            });
            if !self.notifications.is_empty() {
                self.notifications.push(',');
            }
            self.notifications += &json_line(&notification)?;
            self.result(NOT_GRADED, "note", &words, record, folder, None)?;
        }
        Ok(())
    }

    fn result(
        &mut self,
        rule: &str,
        level: &str,
        words: &str,
        record: &Record,
        folder: &str,
        place: Option<Place<'_>>,
    ) -> io::Result<()> {
        let id = &record.submission.id;
        let file = place.as_ref().map_or("Cargo.toml", |place| place.file);
        let (line, column) = place.and_then(|place| place.position).unwrap_or((1, 1));
        let at = CheckId::ALL.iter().position(|one| one.as_str() == rule);
        let same = Digest::of(format!("{}/{id}/{rule}", record.exercise).as_bytes());
        let result = json!({
            "ruleId": rule,
            "ruleIndex": at.unwrap_or(CheckId::ALL.len()),
            "level": level,
            "message": {"text": message(&format!("{id}: {words}"))},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": uri(&place::below(folder, file))},
                "region": {"startLine": line, "startColumn": column},
            }}],
            "partialFingerprints": {"primaryLocationLineHash": format!("{}:1", &same.hex()[..16])},
        });
        write!(self.to, "{}{}", self.separator, json_line(&result)?)?;
        self.separator = ",\n";
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        let invocation = format!(
            "{{\"executionSuccessful\":{},\"toolExecutionNotifications\":[{}]}}",
            self.notifications.is_empty(),
            self.notifications
        );
        writeln!(self.to, "\n],\n\"invocations\": [{invocation}]\n}}]}}")
    }
}

fn rule(id: &str, asks: &str, level: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": {"text": asks},
        "fullDescription": {"text": asks},
        "help": {"text": asks},
        "defaultConfiguration": {"level": level},
    })
}

fn points(check: &Check) -> String {
    format!("{} of {} points", check.earned, check.possible)
}

/// The text of a message.
fn message(text: &str) -> String {
    let (text, end) = match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((at, _)) => (&text[..at], "…"),
        None => (text, ""),
    };
    let text = escape_block(text).replace('\\', "\\\\");
    text.replace('[', "\\[").replace(']', "\\]") + end
}

/// A path as a reference to a file: bytes with a meaning in a URI are written by their numbers.
fn uri(path: &str) -> String {
    let bytes = path.bytes().map(|byte| match byte {
        b'/' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_no_link_and_a_path_no_sign_of_a_uri() {
        assert_eq!(
            message("[a](1)\n\\[b\u{1b}"),
            "\\[a\\](1)\n\\\\\\[b\\\\u{1b}"
        );
        assert_eq!(uri("Über uns/a:b#c?.rs"), "%C3%9Cber%20uns/a%3Ab%23c%3F.rs");
    }
}
