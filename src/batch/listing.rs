//! Who is in a class, before anything is graded: a line for each attempt and each thing that is ignored.
//!
//! Hides the three forms. Needs no sandbox and no output folder, and never grades.

use std::{fmt::Write as _, path::Path};

use super::{
    members::Members,
    roster::{Class, Person, Roster},
};
use crate::fault::Fault;
use ids::words::count;
use report::{defuse_ci_command, escape_line, table_line};

/// A class that was found, and what is known of its people.
#[derive(Debug)]
pub struct Listing {
    found: intake::Class,
    known: Class,
}

/// Of the class in `dir`, whose `members` were found in it; `list` says who is in it.
///
/// # Errors
/// Nobody of the class is on the list.
pub fn list(
    members: Members,
    dir: &Path,
    list: Option<&gradebook::Roster>,
) -> Result<Listing, Fault> {
    let mut roster = Roster::new(&members);
    if let Some(list) = list {
        roster.assign(list).map_err(|nobody| nobody.fault(dir))?;
    }
    Ok(Listing {
        known: roster.named(),
        found: members.class,
    })
}

/// What becomes of somebody who is on the list alone.
const ABSENT: &str = "on the list of the class, without a submission";
/// What becomes of somebody who handed in work on other exercises alone.
const WITHOUT: &str = "handed in nothing for this exercise";

/// The cells of one line: id, people, source, attempt, of how many, date, late, what becomes of it.
type Cells = [String; 8];

impl Listing {
    fn lines(&self) -> impl Iterator<Item = Cells> {
        let attempts = self.found.submissions.iter().flat_map(|found| {
            let all = found.attempts.len();
            let people = self.known.people.get(&found.id).into_iter().flatten();
            // A name may have a comma.
            let people = people.map(person).collect::<Vec<_>>().join("; ");
            found.attempts.iter().enumerate().map(move |(at, attempt)| {
                let becomes = if at + 1 == all {
                    "counts"
                } else {
                    "an earlier attempt"
                };
                [
                    found.id.to_string(),
                    people.clone(),
                    attempt.name.clone(),
                    (at + 1).to_string(),
                    all.to_string(),
                    attempt.date.clone().unwrap_or_default(),
                    if attempt.is_late { "late" } else { "" }.to_owned(),
                    becomes.to_owned(),
                ]
            })
        });
        let ignored = self.found.ignored.iter().map(|one| {
            let empty = String::new;
            let becomes = format!("ignored: it {}", one.why);
            [
                empty(),
                empty(),
                one.name.clone(),
                empty(),
                empty(),
                empty(),
                empty(),
                becomes,
            ]
        });
        let absent = self.known.absent.iter().map(|person| {
            let empty = String::new;
            let becomes = ABSENT.to_owned();
            [
                empty(),
                person.clone(),
                empty(),
                empty(),
                empty(),
                empty(),
                empty(),
                becomes,
            ]
        });
        let without = self.known.without.iter().map(|id| {
            let mut cells = Cells::default();
            cells[0] = id.to_string();
            WITHOUT.clone_into(&mut cells[7]);
            cells
        });
        attempts.chain(without).chain(ignored).chain(absent)
    }

    /// For a person.
    #[must_use]
    pub fn human(&self) -> String {
        let class = &self.found;
        let mut text = format!(
            "{}: {}\n\n",
            class.layout,
            count(class.submissions.len(), "submission")
        );
        for [id, people, name, at, all, date, late, becomes] in self.lines() {
            let attempt = if all.is_empty() {
                String::new()
            } else {
                format!("attempt {at} of {all}")
            };
            let parts = [id, people, name, attempt, date, late, becomes];
            let parts = parts
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", line(&parts.join("  ")));
        }
        for one in &class.told_apart {
            let _ = writeln!(text, "{}", line(&one.words));
        }
        for id in &self.known.unlisted {
            let words = format!("{id} is of nobody on the list of the class");
            let _ = writeln!(text, "{}", line(&words));
        }
        for words in &self.known.doubtful {
            let _ = writeln!(text, "not certain: {}", line(words));
        }
        text
    }

    /// For a spreadsheet.
    #[must_use]
    pub fn csv(&self) -> String {
        let head = [
            "id", "people", "source", "attempt", "of", "date", "late", "becomes",
        ];
        let head = head.map(str::to_owned);
        std::iter::once(head)
            .chain(self.lines())
            .map(|cells| table_line(cells.into_iter()))
            .collect()
    }

    /// For programs.
    ///
    /// # Errors
    /// Never, in practice: all of it is text.
    pub fn json(&self) -> Result<String, Fault> {
        let lines = self.lines().map(|[id, people, source, attempt, of, date, late, becomes]| {
            serde_json::json!({
                "id": id, "people": people, "source": source, "attempt": attempt.parse::<usize>().ok(),
                "of": of.parse::<usize>().ok(), "date": date, "late": !late.is_empty(), "becomes": becomes,
            })
        });
        let told_apart = self.found.told_apart.iter().map(|one| &one.words);
        let told_apart = told_apart.collect::<Vec<_>>();
        let value = serde_json::json!({
            "schema": "grade-list/1", "layout": self.found.layout, "told_apart": told_apart, "entries": lines.collect::<Vec<_>>(),
            "absent": self.known.absent, "unlisted": self.known.unlisted, "doubtful": self.known.doubtful,
        });
        report::json_line(&value)
            .map(|text| text + "\n")
            .map_err(|error| Fault::internal("write the list", error))
    }
}

/// A line that begins with a name that a student chose.
fn line(text: &str) -> String {
    defuse_ci_command(&escape_line(text))
}

/// A person: `Jane Doe (1001)`, with the address or the login where nothing else is known.
fn person(person: &Person) -> String {
    let Person {
        sid,
        name,
        email,
        login,
        ..
    } = person;
    let text = match (name, sid) {
        (Some(name), Some(sid)) => format!("{name} ({sid})"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => email.clone().or_else(|| login.clone()).unwrap_or_default(),
    };
    text.trim().to_owned()
}
