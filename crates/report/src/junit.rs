//! JUnit's XML, as Jenkins, GitLab and many others read it: a suite for each submission, a case for each check.
//!
//! A failed check is a `failure`. What was not graded is an `error`, which no reader takes for a mistake of the
//! student. The form has no place for points, so they stand in each message and in the suite's properties. Text of a
//! submission passes through `xml` alone.
//!
//! One of the two schemas that readers use demands a time for each suite. Records have none, so that equal work has
//! equal records; the time is the beginning of 1970.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use crate::{
    class_report::ClassReport,
    entry::Entry,
    lines::{answer_lines, fault_lines},
    xml::{attribute, text},
};
use judge::record::{Check, Record, Status, Verdict};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
const END: &str = "</testsuites>\n";
/// Stands for a time that no record has.
const NO_TIME: &str = "1970-01-01T00:00:00";

/// The report of one submission.
pub(crate) fn junit(record: &Record) -> String {
    format!("{HEAD}{}{END}", suite(record, 0))
}

/// The report of a class.
pub(crate) struct Class<'a> {
    to: &'a mut dyn Write,
    number: usize,
}

impl<'a> Class<'a> {
    pub(crate) fn begin(to: &'a mut dyn Write) -> io::Result<Self> {
        to.write_all(HEAD.as_bytes())?;
        Ok(Self { to, number: 0 })
    }
}

impl ClassReport for Class<'_> {
    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let suite = suite(&entry.record, self.number);
        self.number += 1;
        self.to.write_all(suite.as_bytes())
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        self.to.write_all(END.as_bytes())
    }
}

/// One case of a suite.
struct Case<'a> {
    name: &'a str,
    seconds: f64,
    /// What is inside it: nothing if it passed.
    inside: String,
}

fn suite(record: &Record, number: usize) -> String {
    let cases = cases(record);
    let count = |element: &str| {
        let start = format!("<{element}");
        let with = cases.iter().filter(|case| case.inside.contains(&start));
        with.count()
    };
    let id = attribute(record.submission.id.as_str());
    let exercise = attribute(record.exercise.as_str());
    let mut suite = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        suite,
        "  <testsuite name=\"{id}\" package=\"{exercise}\" id=\"{number}\" hostname=\"localhost\" \
         timestamp=\"{NO_TIME}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        cases.len(),
        count("failure"),
        count("error"),
        count("skipped"),
        seconds(record),
    );
    suite += "    <properties>\n";
    for (name, value) in properties(record) {
        let (name, value) = (attribute(&name), attribute(&value));
        let _ = writeln!(suite, "      <property name=\"{name}\" value=\"{value}\"/>");
    }
    suite += "    </properties>\n";
    for Case {
        name,
        seconds,
        inside,
    } in cases
    {
        let name = attribute(name);
        let start = format!(
            "    <testcase name=\"{name}\" classname=\"{exercise}.{id}\" time=\"{seconds:.3}\""
        );
        let _ = if inside.is_empty() {
            writeln!(suite, "{start}/>")
        } else {
            writeln!(suite, "{start}>\n      {inside}\n    </testcase>")
        };
    }
    let again = format!("Again on the same data: {}", record.replay);
    let _ = writeln!(suite, "    <system-out>{}</system-out>", text(&again));
    suite += "    <system-err></system-err>\n  </testsuite>\n";
    suite
}

/// The real time of all runs; zero where it is not known.
fn seconds(record: &Record) -> f64 {
    let usages = record.runs.iter().filter_map(|run| run.usage.as_ref());
    let milliseconds: u64 = usages.map(|usage| usage.wall_ms).sum();
    std::time::Duration::from_millis(milliseconds).as_secs_f64()
}

fn properties(record: &Record) -> Vec<(String, String)> {
    let mut properties = vec![
        ("tier".to_owned(), record.grader.tier.clone()),
        ("observer".to_owned(), record.grader.observer.clone()),
    ];
    if let Some(score) = record.score {
        properties.push(("points.earned".into(), score.earned.to_string()));
        properties.push(("points.possible".into(), score.possible.to_string()));
        for check in &record.checks {
            properties.push((format!("points.{}", check.id), points(check)));
        }
    }
    properties
}

fn points(check: &Check) -> String {
    format!("{} of {}", check.earned, check.possible)
}

fn cases(record: &Record) -> Vec<Case<'_>> {
    let seconds = seconds(record);
    let checks = record.checks.iter().map(|check| Case {
        name: check.id.as_str(),
        seconds: if check.id == ids::CheckId::Run {
            seconds
        } else {
            0.0
        },
        inside: inside(record, check),
    });
    let faults = record.faults.iter().map(|fault| Case {
        name: "grading",
        seconds: 0.0,
        inside: element(
            "error",
            "not-graded",
            &format!("not graded, which is no zero: {fault}"),
            &fault_lines(fault),
        ),
    });
    checks.chain(faults).collect()
}

/// What a check's case holds.
fn inside(record: &Record, check: &Check) -> String {
    let message = match record.verdict {
        Verdict::NotGraded => check.message.clone(),
        _ => format!("{} points: {}", points(check), check.message),
    };
    let kind = check.id.as_str();
    match check.status {
        Status::Pass => String::new(),
        Status::Fail => element("failure", kind, &message, &answer_lines(check, usize::MAX)),
        Status::Inconclusive => element("error", kind, &message, &answer_lines(check, usize::MAX)),
        Status::Skipped => format!("<skipped message=\"{}\"/>", attribute(&message)),
    }
}

fn element(name: &str, kind: &str, message: &str, words: &str) -> String {
    let message = attribute(message);
    format!(
        "<{name} type=\"{kind}\" message=\"{message}\">{}</{name}>",
        text(words)
    )
}
