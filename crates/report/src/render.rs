//! From entries to bytes, in each format.

use std::io::{self, Write};

use crate::{
    classroom::classroom,
    csv::{gradebook_head, gradebook_lines},
    entry::{ClassFacts, Context, Entries, Entry},
    exercism::exercism,
    format::Format,
    github::{self, github},
    gradescope::gradescope,
    human::human,
    json::{json, json_line},
    junit::{self, junit},
    markdown::{self, markdown},
    page,
    sarif::{self, sarif},
    separator::Separator,
    summary::Truncate,
    trace::trace,
};
use judge::record::Record;

/// The report of one submission. `human` is with colour.
///
/// # Errors
/// The record has no such form, which is a mistake of this program.
pub fn one(format: Format, entry: &Entry, context: &Context) -> io::Result<String> {
    let record = &entry.record;
    Ok(match format {
        Format::Human => human(record, context),
        Format::Json => json(record),
        Format::Jsonl => json_line(record)? + "\n",
        Format::Csv => {
            let checks: Vec<_> = record.checks.iter().map(|check| check.id).collect();
            let has_people = !entry.people.is_empty();
            let separator = Separator::default();
            gradebook_head(&checks, has_people, separator)
                + &gradebook_lines(entry, &checks, has_people, separator)
        }
        Format::Markdown => markdown(record),
        Format::Github => github(entry),
        Format::Junit => junit(record),
        Format::Html => page::one(entry, context),
        Format::Sarif => sarif(entry)?,
        Format::Gradescope => json_line(&gradescope(record))? + "\n",
        Format::Exercism => json_line(&exercism(record))? + "\n",
        Format::GithubClassroom => classroom(record)?,
        Format::Trace => trace_line(record)?,
    })
}

/// A trace in one line. A timeline that is damaged is a mistake of the record.
fn trace_line(record: &Record) -> io::Result<String> {
    let trace = trace(record);
    let trace = trace.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(json_line(&trace)? + "\n")
}

/// The report of a class, written to `to`. `human` is with colour and as a whole.
///
/// [`Format::Json`] is not made here: its form holds what only the batch knows.
///
/// # Errors
/// A record cannot be read, `to` cannot be written to, or the format is not for a class.
pub fn class(
    format: Format,
    facts: &ClassFacts,
    entries: &dyn Entries,
    to: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => to.write_all(facts.summary.human(Truncate::Nothing).as_bytes()),
        Format::Jsonl => entries.each(&mut |entry| {
            let line = json_line(&entry.record)? + "\n";
            to.write_all(line.as_bytes())
        }),
        Format::Csv => {
            let ClassFacts {
                checks,
                has_people,
                separator,
                ..
            } = facts;
            to.write_all(gradebook_head(checks, *has_people, *separator).as_bytes())?;
            entries.each(&mut |entry| {
                let lines = gradebook_lines(entry, checks, *has_people, *separator);
                to.write_all(lines.as_bytes())
            })
        }
        Format::Markdown => markdown::write_class(facts, entries, to),
        Format::Github => github::write_class(facts, entries, to),
        Format::Junit => junit::write_class(entries, to),
        Format::Html => page::class(facts, entries, to),
        Format::Sarif => sarif::write_class(entries, to),
        Format::Json => Err(io::Error::other("the batch writes its own JSON")),
        Format::Gradescope | Format::Exercism | Format::GithubClassroom | Format::Trace => {
            Err(io::Error::other("it is for one submission"))
        }
    }
}
