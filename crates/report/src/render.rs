//! From entries to bytes, in each format.

use std::io::{self, Write};

use crate::{
    class_report::{ClassReport, Texts},
    classroom::classroom,
    csv::{gradebook_head, gradebook_lines},
    entry::{ClassFacts, Context, Entry},
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

/// Begin the report of a class, which is written to `to`. `human` is with colour and as a whole.
///
/// [`Format::Json`] is not made here: its form holds what only the batch knows.
///
/// # Errors
/// `to` cannot be written to, or the format is not for a class.
pub fn class<'a>(
    format: Format,
    facts: &'a ClassFacts,
    to: &'a mut dyn Write,
) -> io::Result<Box<dyn ClassReport + 'a>> {
    Ok(match format {
        Format::Human => {
            to.write_all(facts.summary.human(Truncate::Nothing).as_bytes())?;
            let text = |_: &Entry| Ok(String::new());
            Box::new(Texts { to, text })
        }
        Format::Jsonl => {
            let text = |entry: &Entry| Ok(json_line(&entry.record)? + "\n");
            Box::new(Texts { to, text })
        }
        Format::Csv => {
            let ClassFacts {
                checks,
                has_people,
                separator,
                ..
            } = facts;
            to.write_all(gradebook_head(checks, *has_people, *separator).as_bytes())?;
            let text = |entry: &Entry| Ok(gradebook_lines(entry, checks, *has_people, *separator));
            Box::new(Texts { to, text })
        }
        Format::Markdown => Box::new(markdown::Class::begin(facts, to)?),
        Format::Github => Box::new(github::Class::begin(facts, to)),
        Format::Junit => Box::new(junit::Class::begin(to)?),
        Format::Html => Box::new(page::Class::begin(facts, to)?),
        Format::Sarif => Box::new(sarif::File::begin(to)?),
        Format::Json => return Err(io::Error::other("the batch writes its own JSON")),
        Format::Gradescope | Format::Exercism | Format::GithubClassroom | Format::Trace => {
            return Err(io::Error::other("it is for one submission"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Summary;

    fn written(format: Format, record: &Record) -> Vec<u8> {
        let mut summary = Summary::default();
        summary.add(record, None);
        let facts = ClassFacts {
            exercise: record.exercise.clone(),
            seeds: Vec::new(),
            checks: summary.checks().collect(),
            has_people: false,
            separator: Separator::default(),
            summary,
        };
        let mut text = Vec::new();
        let mut report = class(format, &facts, &mut text).unwrap();
        report.add(&Entry::of(record.clone())).unwrap();
        report.end().unwrap();
        text
    }

    #[test]
    fn what_was_measured_is_in_the_formats_that_ask_for_it_and_in_no_other() {
        let measured: Record = serde_json::from_value(serde_json::json!({
            "schema": judge::record::SCHEMA,
            "grader": {"version": "0", "tier": "full", "observer": "file-times"},
            "exercise": "sum-of-products",
            "submission": {"id": "alice", "digest": null},
            "verdict": "fail",
            "score": {"earned": 0, "possible": 1},
            "checks": [{
                "id": "run", "status": "fail", "earned": 0, "possible": 1, "message": "wrong", "hint": null, "details": {}
            }],
            "runs": [{
                "seed": "0", "expected": "1", "answer": "2", "termination": {"kind": "exited", "code": 0},
                "files": {"expected": 2, "read": 2, "tampered": 0},
                "concurrency": {
                    "effective": 1.0, "held_max": 1, "threads": 2, "participation": 2.0, "processes": 1, "rounds": 2
                },
                "timeline": "0 0 0 1;1 1 1 2",
                "usage": {
                    "wall_ms": 1234, "cpu_ms": 5, "peak_memory_bytes": 6, "memory_by": "polling",
                    "voluntary_switches": 7, "involuntary_switches": 8, "most_tasks": 2
                }
            }],
            "faults": [],
            "replay": "grade"
        }))
        .unwrap();
        let mut bare = measured.clone();
        (bare.runs[0].usage, bare.runs[0].timeline) = (None, None);
        // The batch writes its JSON itself.
        let formats = Format::ALL
            .into_iter()
            .filter(|format| format.is_for_class());
        for format in formats.filter(|format| *format != Format::Json) {
            let differs = written(format, &measured) != written(format, &bare);
            assert_eq!(differs, format.shows_measures(), "{format}");
        }
    }
}
