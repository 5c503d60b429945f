//! Read Gradescope's `submission_metadata.yml`: who handed in which folder.
//!
//! Beside folders such as `submission_123456` the file has, for each, a list `:submitters:` with `:name:`,
//! `:sid:` and `:email:`, and `:created_at:`, as Ruby's YAML writer puts them. Below other keys are the results
//! of programs, in blocks that are indented further. So lines with two spaces in front or none are keys, and
//! nothing that a student printed is taken for one. Reads nothing else of YAML, a bounded number of bytes, and
//! never fails: what it cannot read gives no person. Never touches the disk.

use std::collections::BTreeMap;

use super::{date, found::Person};

/// The file's name.
pub(super) const METADATA: &str = "submission_metadata.yml";
/// The most bytes of it that are read: each submission has its results in it.
pub(super) const MOST_BYTES: u64 = 256 << 20;
/// The longest value that is kept.
const LONGEST: usize = 200;
/// The most people of one submission that are kept.
const MOST_PEOPLE: usize = 50;

/// What the file says of one folder.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Submission {
    pub(super) people: Vec<Person>,
    pub(super) date: Option<String>,
}

impl Submission {
    /// What the id is made of: everybody's name and number.
    pub(super) fn label(&self) -> Option<String> {
        let labels = self.people.iter().filter_map(|person| {
            let parts = [&person.name, &person.sid].into_iter().flatten();
            let label = parts.cloned().collect::<Vec<_>>().join("_");
            let label = Some(label).filter(|label| !label.is_empty());
            label.or_else(|| person.email.clone())
        });
        let label = labels.collect::<Vec<_>>().join("-");
        Some(label).filter(|label| !label.is_empty())
    }
}

/// Read the file's lines, by the folders' names.
pub(super) fn read(lines: impl Iterator<Item = String>) -> BTreeMap<String, Submission> {
    let mut found = BTreeMap::<String, Submission>::new();
    let (mut folder, mut is_people) = (None::<String>, false);
    for line in lines {
        let line = line.trim_end();
        let indent = line.len() - line.trim_start_matches(' ').len();
        let text = &line[indent..];
        if text.is_empty() || text.starts_with('#') || line == "---" {
            continue;
        }
        let starts_item = text.starts_with("- ");
        if indent == 0 && !starts_item {
            let key = text.strip_suffix(':').map(scalar);
            folder = key.flatten();
            is_people = false;
            if let Some(folder) = &folder {
                found.entry(folder.clone()).or_default();
            }
            continue;
        }
        let Some(submission) = folder.as_ref().and_then(|folder| found.get_mut(folder)) else {
            continue;
        };
        if indent == 2 && !starts_item {
            is_people = text == ":submitters:";
            if let Some(value) = text.strip_prefix(":created_at:") {
                submission.date = date::read(value);
            }
            continue;
        }
        if !is_people {
            continue;
        }
        // The writer puts a list below its key with or without an indentation of its own.
        let (field, is_field) = match text.strip_prefix("- ") {
            Some(field) if indent == 2 || indent == 4 => {
                if submission.people.len() < MOST_PEOPLE {
                    submission.people.push(Person::default());
                }
                (field, true)
            }
            _ => (text, indent == 4 || indent == 6),
        };
        let Some(person) = submission.people.last_mut().filter(|_| is_field) else {
            continue;
        };
        for (key, place) in [
            (":name:", &mut person.name),
            (":sid:", &mut person.sid),
            (":email:", &mut person.email),
        ] {
            if let Some(value) = field.strip_prefix(key) {
                *place = scalar(value.trim());
            }
        }
    }
    found
}

/// A value on one line, without its quotes; none if there is no value or it is cut.
fn scalar(text: &str) -> Option<String> {
    let text = text.trim();
    let value = if let Some(inner) = text.strip_prefix('\'') {
        inner.strip_suffix('\'')?.replace("''", "'")
    } else if let Some(inner) = text.strip_prefix('"') {
        unescaped(inner.strip_suffix('"')?)?
    } else if matches!(text, "" | "~" | "null")
        || text.starts_with(['!', '|', '>', '&', '*', '{', '['])
    {
        return None;
    } else {
        text.to_owned()
    };
    let value = value.trim();
    Some(value.chars().take(LONGEST).collect()).filter(|value: &String| !value.is_empty())
}

/// The text between double quotes.
fn unescaped(text: &str) -> Option<String> {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        let digits = match chars.next()? {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'n' | 't' | 'r' => {
                value.push(' ');
                continue;
            }
            c => {
                value.push(c);
                continue;
            }
        };
        let code = chars.by_ref().take(digits).collect::<String>();
        value.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(text: &str) -> Vec<(String, String)> {
        let found = read(text.lines().map(str::to_owned)).into_iter();
        found
            .map(|(folder, one)| (folder, one.label().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn people_and_dates_are_read() {
        let text = "---\n\
            submission_1:\n  :submitters:\n  - :name: Jane Doe\n    :sid: '1001'\n    :email: j@x.example\n  \
            :created_at: 2026-10-01 12:00:00.000000000 Z\n  :score: 0.0\n\
            submission_2:\n  :submitters:\n    - :name: \"Ann \\xC9\\u00e9\"\n      :sid: \"\"\n    - :name: 'O''Neil'\n      :sid: '7'\n";
        let expected = [
            ("submission_1", "Jane Doe_1001"),
            ("submission_2", "Ann Éé-O'Neil_7"),
        ];
        assert_eq!(
            people(text),
            expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        let found = read(text.lines().map(str::to_owned));
        assert_eq!(
            found["submission_1"].date.as_deref(),
            Some("2026-10-01 12:00:00")
        );
        assert_eq!(
            found["submission_1"].people[0].email.as_deref(),
            Some("j@x.example")
        );
    }

    #[test]
    fn what_a_program_printed_is_no_person() {
        let text = "submission_1:\n  :results:\n    tests:\n    - output: |\n        submission_9:\n          :submitters:\n          - :name: Mallory\n  :history:\n  - :id: 5\n    :submitters:\n    - :name: Old\n  :submitters:\n  - :name: Jane\n";
        assert_eq!(
            people(text),
            [("submission_1".to_owned(), "Jane".to_owned())]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_file_is_read_without_a_panic(text in "(submission_1:|\n|  | :submitters:|- |:name:|:sid:| '|\"|\\\\x|é|a){0,30}") {
            let _ = people(&text);
        }
    }
}
