//! How what was printed or saved differs, in words for the student, and what to try.
//!
//! Never decides whether the answer is right.

use super::{
    super::{
        finding::Mistake,
        waiting::unawaited,
        words::{count, shortened},
    },
    Context,
    files::FilesDiffer,
    lines::Differs,
};
use crate::source::{Source, Spot};
use ids::{CheckId, words::within_backticks};

/// The longest line that is quoted, in characters.
const LONGEST: usize = 60;

/// What a student is told.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    /// The name of the mistake.
    pub(super) name: &'static str,
    pub(super) message: String,
    pub(super) expected: String,
    pub(super) seen: String,
    pub(super) hint: String,
    pub(super) place: Option<String>,
    pub(super) more: Vec<String>,
}

fn quoted(line: &str) -> String {
    format!("`{}`", within_backticks(&shortened(line.trim(), LONGEST)))
}

fn numbered(line: usize, text: &str) -> String {
    format!("line {line}: {}", quoted(text))
}

/// How the lines differ.
pub(super) fn word(differs: &Differs, context: &Context<'_>) -> Told {
    let told = |name, message: String, expected, seen, hint: &str| Told {
        name,
        message,
        expected,
        seen,
        hint: hint.to_owned(),
        place: None,
        more: Vec::new(),
    };
    match differs {
        Differs::Nothing | Differs::Missing { .. } => missing(differs, context),
        Differs::WrongOrder {
            line,
            seen,
            expected,
            comes,
        } => told(
            "wrong-order",
            format!(
                "the lines are right and their order is not: line {line} is to be {}, which comes as line {comes}",
                quoted(expected)
            ),
            numbered(*line, expected),
            numbered(*line, seen),
            "the exercise says in which order lines are printed: which part of the program decides it now?",
        ),
        Differs::Twice { lines, first } => told(
            "lines-twice",
            format!("{} printed more often than asked for", be(*lines, "line")),
            "each line as often as the exercise asks for".into(),
            format!("once more: {}", quoted(first)),
            "find out which two parts of the program print the same line: is some work given to two threads?",
        ),
        Differs::More { lines, first } => told(
            "prints-more",
            format!(
                "all lines are there, and {} besides that the exercise does not ask for",
                count(*lines, "line")
            ),
            "only the lines that the exercise asks for".into(),
            format!("besides: {}", quoted(first)),
            "print with `eprintln!` what is for yourself: standard output holds the answer alone",
        ),
        Differs::Joined { line, seen, parts } => told(
            "line-feed-missing",
            format!("line {line} holds {parts} lines: a line feed is missing between them"),
            format!("{parts} lines"),
            numbered(*line, seen),
            "print each line with `println!`: `print!` adds no line feed",
        ),
        Differs::Format {
            line,
            seen,
            expected,
        } => told(
            "label-missing",
            format!("the value in line {line} is right, and the text beside it is not"),
            numbered(*line, expected),
            numbered(*line, seen),
            "compare the two lines above character by character: the line has to be exactly so",
        ),
        Differs::Wrong {
            line,
            seen,
            expected,
        } => told(
            "wrong-line",
            format!("line {line} is not as expected"),
            quoted(expected),
            numbered(*line, seen),
            "take the dataset with this seed (`grade data`), and follow by hand where this value comes from",
        ),
        Differs::TooLong => told(
            "prints-more",
            "far more was printed than the answer has".into(),
            "only the lines that the exercise asks for".into(),
            "more than is kept".into(),
            "print the answer alone, and take `println!` out of loops that go on for long",
        ),
    }
}

/// `1 line is`, `2 lines are`.
fn be(n: usize, noun: &str) -> String {
    let is = if n == 1 { "is" } else { "are" };
    format!("{} {is}", count(n, noun))
}

/// Lines are missing, or all of them.
fn missing(differs: &Differs, context: &Context<'_>) -> Told {
    let (name, message, expected, seen) = match differs {
        Differs::Missing { lines, first } => (
            "lines-missing",
            format!("{} missing, and the others are right", be(*lines, "line")),
            quoted(first),
            "no such line".to_owned(),
        ),
        _ => (
            "nothing-printed",
            "nothing was printed to standard output".into(),
            "the lines that the exercise asks for".into(),
            "nothing on standard output".into(),
        ),
    };
    let told = |name, hint: String| Told {
        name,
        message: message.clone(),
        expected: expected.clone(),
        seen: seen.clone(),
        hint,
        place: None,
        more: Vec::new(),
    };
    if let Some(started) = unawaited(context.source) {
        let place = started.spot.place();
        return Told {
            place: Some(place),
            more: vec![started.spot.quoted()],
            ..told(
                "ends-too-early",
                format!(
                    "{} starts a thread or a task, and nothing waits until it has ended: keep what `spawn` returns, and \
                     wait for each with `join` (for a task, `.await`) before `main` ends",
                    started.spot.line()
                ),
            )
        };
    }
    if context.cut_off > 0 {
        return Told {
            more: vec![format!(
                "{} cut off by the end of the program",
                be(context.cut_off as usize, "read").replace(" is", " was").replace(" are", " were")
            )],
            ..told(
                "ends-too-early",
                "the program ended while something was still being read: wait for every thread, and for every message \
                 that is to come, before `main` ends"
                    .into(),
            )
        };
    }
    if context.is_on_stderr(differs) {
        let prints = [
            &["eprintln", "!", "("][..],
            &["eprint", "!", "("],
            &["stderr", "("],
        ];
        let spot = prints.iter().find_map(|tokens| context.source.find(tokens));
        let place = spot.as_ref().map_or_else(String::new, |spot| {
            format!("{} prints to standard error: ", spot.line())
        });
        return Told {
            place: spot.as_ref().map(Spot::place),
            more: spot.iter().map(Spot::quoted).collect(),
            ..told(
                "printed-to-stderr",
                format!(
                    "{place}what is missing stands on standard error, and the answer is what stands on standard output: \
                     print it with `println!`"
                ),
            )
        };
    }
    let hint = match differs {
        Differs::Missing { .. } => {
            "which result is that line made of, and which part of the program prints it? Does a loop end one too early?"
        }
        _ => "print each line with `println!` before `main` ends",
    };
    told(name, hint.to_owned())
}

/// How the saved files differ.
pub(super) fn word_files(differs: &FilesDiffer) -> Told {
    let told = |name, message: String, expected: String, seen: String, hint: &str| Told {
        name,
        message,
        expected,
        seen,
        hint: hint.to_owned(),
        place: None,
        more: Vec::new(),
    };
    let size = |bytes: u64| count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte");
    match differs {
        FilesDiffer::Missing { files, first } => told(
            "file-missing",
            format!("{} not saved", be(*files, "file")),
            format!("a file {}", quoted(first)),
            "no such file".into(),
            "is the file saved in the folder and under the name that the exercise says? Does an error of another file \
             stop the program before?",
        ),
        FilesDiffer::CutShort {
            name,
            bytes,
            expected,
        } => told(
            "file-cut-short",
            format!("the saved file {} ends too early", quoted(name)),
            format!("{} in {}", size(*expected), quoted(name)),
            size(*bytes),
            "read until everything has come, and write all of it: `read` may give a part, and `write` may take a part \
             (`read_to_end`, `write_all`)",
        ),
        FilesDiffer::Wrong {
            name,
            bytes,
            expected,
        } => told(
            "file-wrong",
            format!("the saved file {} has other contents", quoted(name)),
            format!("{} in {}", size(*expected), quoted(name)),
            if bytes == expected {
                format!("{}, and some of them differ", size(*bytes))
            } else {
                size(*bytes)
            },
            "save the bytes as they come, and nothing beside them: no text conversion, no headers, and each file from \
             its own source",
        ),
        FilesDiffer::TooMuch { files, first } => told(
            "file-too-much",
            format!(
                "{} saved that the solution does not save",
                be(*files, "file")
            ),
            "only the files that came whole and without an error".into(),
            first.as_ref().map_or_else(
                || "something that is no plain file".into(),
                |first| quoted(first),
            ),
            "save a file only when all of it has come: an answer that says an error, or that ends before its length, is \
             no file",
        ),
    }
}

/// The mistakes that this check names, each with the words for an example.
pub(in crate::check) fn examples() -> Vec<Mistake> {
    let (source, own) = (Source::default(), |text: &str| text.to_owned());
    let context = |cut_off| Context {
        cut_off,
        source: &source,
        expected: vec!["task-3: walrus"],
        stderr: Vec::new(),
    };
    let to_stderr = Context {
        stderr: vec!["task-3: walrus"],
        ..context(0)
    };
    let first = || own("task-3: walrus");
    let lines = [
        (Differs::Nothing, 0),
        (
            Differs::Missing {
                lines: 2,
                first: first(),
            },
            0,
        ),
        (
            Differs::Missing {
                lines: 2,
                first: first(),
            },
            2,
        ),
        (
            Differs::WrongOrder {
                line: 1,
                seen: own("task-0: herring"),
                expected: first(),
                comes: 4,
            },
            0,
        ),
        (
            Differs::Twice {
                lines: 1,
                first: first(),
            },
            0,
        ),
        (
            Differs::More {
                lines: 1,
                first: own("started"),
            },
            0,
        ),
        (
            Differs::Joined {
                line: 1,
                seen: own("task-0: herring task-3: walrus"),
                parts: 2,
            },
            0,
        ),
        (
            Differs::Format {
                line: 4,
                seen: own("walrus"),
                expected: first(),
            },
            0,
        ),
        (
            Differs::Wrong {
                line: 4,
                seen: own("task-3: herring"),
                expected: first(),
            },
            0,
        ),
    ];
    let lines = lines
        .iter()
        .map(|(differs, cut_off)| word(differs, &context(*cut_off)))
        .chain([word(&lines[1].0, &to_stderr)]);
    let files = file_examples();
    let files = files.iter().map(word_files);
    let mistake = |told: Told| Mistake {
        name: told.name.to_owned(),
        check: CheckId::Output,
        message: told.message,
        hint: told.hint,
        code: None,
    };
    lines.chain(files).map(mistake).collect()
}

/// One of each way in which saved files differ.
fn file_examples() -> [FilesDiffer; 4] {
    let name = || "photo-03.bin".to_owned();
    let (bytes, expected) = (2048, 4096);
    [
        FilesDiffer::Missing {
            files: 1,
            first: name(),
        },
        FilesDiffer::CutShort {
            name: name(),
            bytes,
            expected,
        },
        FilesDiffer::Wrong {
            name: name(),
            bytes: expected,
            expected,
        },
        FilesDiffer::TooMuch {
            files: 1,
            first: Some(name()),
        },
    ]
}
