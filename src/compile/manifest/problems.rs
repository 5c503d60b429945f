//! Collect the reasons to refuse a manifest and the notes about it, and read values from its TOML.
//!
//! Hides lines, the cut after many reasons, and how foreign text is shown: nothing of the submission
//! reaches a sentence unescaped or at full length. Never decides what is refused.

use toml::de::{DeTable, DeValue};

use crate::course::line_of;
use ids::words::within_backticks;
use judge::evidence::Refusal;

/// The most reasons that are listed; a hostile file has ten thousand.
const MOST: usize = 20;

/// The most characters of the submission that one quotation shows.
const LONGEST_QUOTE: usize = 60;

/// The reasons found so far.
pub(super) struct Problems<'t> {
    text: &'t str,
    /// Each with its line, 0 where it is about another file.
    found: Vec<(usize, Refusal)>,
    left_out: usize,
    notes: Vec<String>,
}

/// The most notes; more are of a hostile file.
const MOST_NOTES: usize = 20;

impl<'t> Problems<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            found: Vec::new(),
            left_out: 0,
            notes: Vec::new(),
        }
    }

    /// A problem at a byte offset of the manifest.
    pub(super) fn at(
        &mut self,
        offset: usize,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        // Counting lines costs time, so lines are counted only for problems that are listed.
        let line = if self.found.len() < MOST {
            self.line(offset)
        } else {
            0
        };
        self.at_line(line, problem, remedy);
    }

    /// A problem at a line of the manifest.
    pub(super) fn at_line(
        &mut self,
        line: usize,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(line, format!("Cargo.toml:{line}"), problem, remedy);
    }

    /// A problem of another file.
    pub(super) fn at_file(
        &mut self,
        path: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(0, shown(path), problem, remedy);
    }

    /// A problem of the manifest that no line of it shows.
    pub(super) fn nowhere(&mut self, problem: impl Into<String>, remedy: impl Into<String>) {
        self.at_file("Cargo.toml", problem, remedy);
    }

    /// Something that is no reason to refuse, and is built otherwise than the manifest says.
    pub(super) fn note(&mut self, note: String) {
        if self.notes.len() < MOST_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The notes so far.
    pub(super) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// `key` is to be taken from a workspace, which cannot give it.
    pub(super) fn inherited(&mut self, offset: usize, key: &str) {
        self.at(
            offset,
            format!(
                "{} is inherited from a workspace, which cannot give it",
                quote(key)
            ),
            "write its value here",
        );
    }

    fn push(
        &mut self,
        line: usize,
        place: String,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let refusal = Refusal {
            place,
            problem: problem.into(),
            remedy: remedy.into(),
        };
        // An inherited key is found twice: by the search for such keys, and by the reader of its value.
        if self.found.iter().any(|(_, known)| *known == refusal) {
            return;
        }
        if self.found.len() == MOST {
            self.left_out += 1;
        } else {
            self.found.push((line, refusal));
        }
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        line_of(self.text, offset)
    }

    /// How many there are, also those that are not listed.
    pub(super) fn count(&self) -> usize {
        self.found.len() + self.left_out
    }

    /// All of them, by line.
    pub(super) fn finish(mut self) -> Vec<Refusal> {
        self.found.sort_by_key(|(line, _)| *line);
        let mut refusals: Vec<Refusal> =
            self.found.into_iter().map(|(_, refusal)| refusal).collect();
        if self.left_out > 0 {
            refusals.push(Refusal {
                place: "Cargo.toml".into(),
                problem: format!("there are {} more problems", self.left_out),
                remedy: "mend those listed first".into(),
            });
        }
        refusals
    }

    /// The text of `key`, if it is there. Of another type, it is a problem.
    pub(super) fn string<'a>(&mut self, table: &'a DeTable<'_>, key: &str) -> Option<&'a str> {
        match entry(table, key)? {
            (_, DeValue::String(text)) => Some(text),
            (at, value) => {
                self.wrong_type(at, key, value, &format!("write it as `{key} = \"…\"`"));
                None
            }
        }
    }

    /// The value of the first of `keys` that is there. Of another type, it is a problem.
    pub(super) fn boolean(&mut self, table: &DeTable<'_>, keys: &[&str]) -> Option<(usize, bool)> {
        let (key, (at, value)) = keys
            .iter()
            .find_map(|key| entry(table, key).map(|found| (key, found)))?;
        if let DeValue::Boolean(is_true) = value {
            return Some((at, *is_true));
        }
        let remedy = format!("write `{key} = true` or `{key} = false`");
        self.wrong_type(at, key, value, &remedy);
        None
    }

    /// The texts of `key`, an array, each with its offset. Of another type, it is a problem.
    pub(super) fn strings<'a>(
        &mut self,
        table: &'a DeTable<'_>,
        key: &str,
    ) -> Vec<(usize, &'a str)> {
        let Some((at, value)) = entry(table, key) else {
            return Vec::new();
        };
        let remedy = format!("write it as `{key} = [\"…\"]`");
        let DeValue::Array(array) = value else {
            self.wrong_type(at, key, value, &remedy);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in array {
            match (item.span().start, item.get_ref()) {
                (at, DeValue::String(text)) => texts.push((at, &**text)),
                (at, other) => self.wrong_type(at, key, other, &remedy),
            }
        }
        texts
    }

    fn wrong_type(&mut self, at: usize, key: &str, value: &DeValue<'_>, remedy: &str) {
        if inherits(value) {
            return self.inherited(at, key);
        }
        let (key, kind) = (quote(key), value.type_str());
        let what = format!("the value of {key} is of the wrong type, {kind}");
        self.at(at, what, remedy);
    }
}

/// Where `key` stands, and its value.
pub(super) fn entry<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<(usize, &'a DeValue<'i>)> {
    let (key, value) = table.get_key_value(key)?;
    Some((key.span().start, value.get_ref()))
}

/// Whether a value is empty: a table or an array without a member.
pub(super) fn is_empty(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Table(table) => table.is_empty(),
        DeValue::Array(array) => array.is_empty(),
        _ => false,
    }
}

/// Whether a value is inherited from a workspace.
pub(super) fn inherits(value: &DeValue<'_>) -> bool {
    value.get("workspace").is_some()
}

/// Text of the submission in backticks, escaped and cut.
pub(super) fn quote(text: &str) -> String {
    format!("`{}`", within_backticks(&shown(text)))
}

fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(LONGEST_QUOTE)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(LONGEST_QUOTE).is_some() {
        shown.push('…');
    }
    shown
}
