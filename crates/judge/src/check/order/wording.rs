//! How the order of a run breaks a rule, in words for its author, and what to try.
//!
//! Never decides whether a rule is broken.

use super::{
    super::{
        finding::Mistake,
        words::{count, shortened},
    },
    Broken,
};
use crate::source::{Source, Spot};
use ids::{CheckId, words::within_backticks};

/// What a student is told.
pub(super) struct Told<'a> {
    /// The name of the mistake.
    pub(super) name: &'static str,
    pub(super) message: String,
    pub(super) expected: String,
    pub(super) seen: String,
    pub(super) hint: String,
    pub(super) spot: Option<Spot<'a>>,
}

fn quoted(text: &str) -> String {
    format!("`{}`", within_backticks(&shortened(text, 60)))
}

pub(super) fn word<'a>(broken: &Broken, source: &'a Source) -> Told<'a> {
    match broken {
        Broken::NotRead { .. }
        | Broken::NoLine { .. }
        | Broken::LinesUnknown
        | Broken::Early { .. } => not_there(broken),
        Broken::Late { .. } | Broken::AtTheEnd { .. } => late(broken, source),
        Broken::Waited { .. } | Broken::NoTimeOut { .. } | Broken::TimeOutTooLong { .. } => {
            time_out(broken, source)
        }
        Broken::Backlog { .. }
        | Broken::TooMany { .. }
        | Broken::Twice { .. }
        | Broken::Never { .. } => queue(broken, source),
    }
}

fn told<'a>(
    name: &'static str,
    message: String,
    expected: String,
    seen: String,
    hint: &str,
) -> Told<'a> {
    Told {
        name,
        message,
        expected,
        seen,
        hint: hint.to_owned(),
        spot: None,
    }
}

/// A read or a line is missing, or the line came before its time.
fn not_there<'a>(broken: &Broken) -> Told<'a> {
    match broken {
        Broken::NotRead { file } => told(
            "not-read",
            format!("{} was not read to its end, so nothing could follow it", quoted(file)),
            format!("{} read", quoted(file)),
            "not read".into(),
            "look first at what `run` and `files-read` say: does each task read its file, and is it waited for?",
        ),
        Broken::NoLine { file, line } => told(
            "no-line",
            format!("no line {} was printed for {}", quoted(line), quoted(file)),
            format!("a line with {}", quoted(line)),
            "no such line".into(),
            "look first at what `output` says: this line is missing, or is written in another way",
        ),
        Broken::Early { line, printed, came } => told(
            "printed-early",
            format!(
                "the line {} was printed before there could be anything to say: its file had not come",
                quoted(line)
            ),
            format!("printed at {came} ms or later"),
            format!("printed at {printed} ms"),
            "print a result when it has been read, and nothing before: a guess is not a result",
        ),
        _ => told(
            "lines-unknown",
            "when each line was printed is not known, because far more was printed than is kept, or because it is no text"
                .into(),
            "lines of text, as the exercise asks for".into(),
            "output of another kind".into(),
            "look first at what `output` says, and print nothing else to standard output",
        ),
    }
}

/// A line came after the next file had.
fn late<'a>(broken: &Broken, source: &'a Source) -> Told<'a> {
    let joined = source.find(&[".", "join", "("]);
    let channel = "let each thread send its result over a channel when it has it (`std::sync::mpsc`), and print each one \
                   that `recv` gives";
    match broken {
        Broken::Late {
            file,
            line,
            came,
            next,
            printed,
            with,
        } => {
            let until = with.as_ref().map_or_else(String::new, |with| {
                format!(", when {} had come", quoted(with))
            });
            let unflushed = source.find_unflushed_print();
            let slept = source.find(&["sleep", "("]).filter(|_| with.is_none());
            let hint = match (&slept, &joined) {
                _ if let Some(spot) = &unflushed => in_buffer(spot),
                (Some(spot), _) => format!(
                    "{} sleeps for a fixed time, also when the result is there: wait with a call that returns as soon as \
                     it is, such as `recv_timeout`",
                    spot.line()
                ),
                (None, Some(spot)) => format!(
                    "{} waits for one thread in particular, while others have their results already: {channel}",
                    spot.line()
                ),
                (None, None) => format!(
                    "wait for whichever result comes next, not for one in particular: {channel}"
                ),
            };
            let expected = match next {
                Some(next) => format!("before {next} ms, when the next one came"),
                None => format!("at {came} ms, or soon after"),
            };
            Told {
                hint,
                spot: unflushed.or(slept).or(joined),
                ..told(
                    "printed-late",
                    format!(
                        "{} had come at {came} ms, but its line was printed only at {printed} ms{until}",
                        quoted(file)
                    ),
                    format!("{} printed {expected}", quoted(line)),
                    format!("printed at {printed} ms"),
                    "",
                )
            }
        }
        Broken::AtTheEnd { lines, first, last } => {
            let (hint, spot) = why_at_the_end(source, channel);
            let told = told(
                "printed-at-the-end",
                format!(
                    "all {} were printed when the last file had come: each is to be printed as soon as its own file has",
                    count(*lines, "line")
                ),
                format!("the first line at {first} ms"),
                format!("the first line at {last} ms"),
                "",
            );
            Told { hint, spot, ..told }
        }
        _ => not_there(broken),
    }
}

/// What `print!` has printed is not written yet.
fn in_buffer(spot: &Spot<'_>) -> String {
    format!(
        "{} prints no line feed behind the text, so the text stays in a buffer until the next line feed comes: print with \
         `println!`, or call `std::io::stdout().flush()` behind it",
        spot.line()
    )
}

/// Where the lines are until they are printed at the end, as far as the source shows it, and what to try.
fn why_at_the_end<'a>(source: &'a Source, channel: &str) -> (String, Option<Spot<'a>>) {
    if let Some(spot) = source.find(&["BufWriter", ":", ":"]) {
        let hint = format!(
            "{} keeps the lines until it is full or gone: print with `println!`, or call `flush` after each line",
            spot.line()
        );
        return (hint, Some(spot));
    }
    if let Some(spot) = source.find_unflushed_print() {
        return (in_buffer(&spot), Some(spot));
    }
    if let Some(spot) = source.find(&[".", "join", "("]) {
        let hint = format!(
            "{} collects the results, and printing begins behind it: {channel}",
            spot.line()
        );
        return (hint, Some(spot));
    }
    if let Some(spot) = source.find(&["sleep", "("]) {
        let hint = format!(
            "{} sleeps until everything has come: {channel}",
            spot.line()
        );
        return (hint, Some(spot));
    }
    let hint = format!(
        "print each result when it is there, not after the loop that collects them: {channel}"
    );
    (hint, None)
}

/// A line that is to come during a wait.
fn time_out<'a>(broken: &Broken, source: &'a Source) -> Told<'a> {
    match broken {
        Broken::Waited {
            file,
            line,
            printed,
            came,
        } => {
            let waits = [
                &[".", "join", "("][..],
                &[".", "recv", "("],
                &[".", "wait", "("],
            ];
            let spot = waits.iter().find_map(|tokens| source.find(tokens));
            let place = spot.as_ref().map_or_else(
                || "a call that waits without a limit stands before it".to_owned(),
                |spot| format!("{} waits until the result is there", spot.line()),
            );
            Told {
                hint: format!(
                    "{place}: ask without waiting (`try_recv`, `is_finished`), or with a limit on time (`recv_timeout`), and \
                     print before you wait for the result"
                ),
                spot,
                ..told(
                    "waited-for-the-result",
                    format!(
                        "the line {} was printed when {} had already come: the program waited for the result first",
                        quoted(line),
                        quoted(file)
                    ),
                    format!("printed before {came} ms"),
                    format!("printed at {printed} ms"),
                    "",
                )
            }
        }
        Broken::NoTimeOut {
            line,
            waited,
            least,
        } => told(
            "no-time-out",
            format!(
                "the line {} was printed without the wait that is to be before it",
                quoted(line)
            ),
            format!("at least {least} ms after the start of the task"),
            format!("{waited} ms after it"),
            "`try_recv` asks and does not wait: `recv_timeout` waits for the time that the exercise says",
        ),
        Broken::TimeOutTooLong {
            line,
            waited,
            before,
        } => told(
            "time-out-too-long",
            format!(
                "the line {} was printed too late: the program waited for longer than it should before it",
                quoted(line)
            ),
            format!("less than {before} ms after the start of the task"),
            format!("{waited} ms after it"),
            "compare the limit of the wait with the one that the exercise says, also its unit; a wait with a limit is enough, \
             and a `sleep` beside it adds to it",
        ),
        _ => not_there(broken),
    }
}

/// A queue that holds too much, or hands the same out twice.
fn queue<'a>(broken: &Broken, source: &'a Source) -> Told<'a> {
    match broken {
        Broken::Backlog { seen, most, time } => {
            let queues = [
                &["channel", "("][..],
                &["unbounded", "("],
                &["unbounded_channel", "("],
                &["VecDeque"],
            ];
            let spot = queues.iter().find_map(|tokens| source.find(tokens));
            let place = spot.as_ref().map_or_else(
                || "the queue takes everything".to_owned(),
                |spot| format!("{} makes a queue without a limit", spot.line()),
            );
            Told {
                hint: format!(
                    "{place}: take one that has a limit and lets a producer wait while it is full (`sync_channel`, \
                     crossbeam's `bounded`, or a second `Condvar`)"
                ),
                spot,
                ..told(
                    "queue-unbounded",
                    format!(
                        "{seen} were made and not yet taken by a consumer, and at most {most} are allowed"
                    ),
                    format!("at most {most} at any time"),
                    format!("{seen} at {time} ms"),
                    "",
                )
            }
        }
        Broken::TooMany { seen, number, time } => told(
            "too-many-at-once",
            format!(
                "{seen} of these files were being read at the same time, and at most {number} are allowed"
            ),
            format!("at most {number} at any time"),
            format!("{seen} at {time} ms"),
            "start as many threads for this work as the exercise says, and give each of them one piece of work after the \
             other",
        ),
        Broken::Twice { file, times, files } => told(
            "read-twice",
            format!(
                "{} read more than once, the first is {}",
                match files {
                    1 => "1 file was".to_owned(),
                    _ => format!("{files} files were"),
                },
                quoted(file)
            ),
            "each read exactly once".into(),
            format!("{} read {times} times", quoted(file)),
            "two threads take the same work, or one does it again: take an item out of the queue under the same lock under \
             which you look at it",
        ),
        Broken::Never { file, files } => told(
            "not-read",
            format!(
                "{} read to the end, the first is {}",
                match files {
                    1 => "1 file was not".to_owned(),
                    _ => format!("{files} files were not"),
                },
                quoted(file)
            ),
            "each read exactly once".into(),
            format!("{} not read", quoted(file)),
            "does a thread stop while there is work left, or does `main` end before its threads do?",
        ),
        _ => not_there(broken),
    }
}

/// The mistakes that this check names, each with the words for an example.
#[expect(
    clippy::too_many_lines,
    reason = "a list of one example after the other"
)]
pub(in crate::check) fn examples() -> Vec<Mistake> {
    let own = |text: &str| text.to_owned();
    let (file, line) = (|| own("task-3.txt"), || own("task-3"));
    let (slow, timed_out) = (|| own("slow.txt"), || own("timed out"));
    let (came, printed) = (480, 1860);
    let all = [
        (Broken::NotRead { file: file() }, ""),
        (
            Broken::NoLine {
                file: file(),
                line: line(),
            },
            "",
        ),
        (Broken::LinesUnknown, ""),
        (
            Broken::Late {
                file: file(),
                line: line(),
                came,
                next: Some(660),
                printed,
                with: Some(own("task-0.txt")),
            },
            "for handle in handles {\n    println!(\"{}\", handle.join().unwrap());\n}",
        ),
        (
            Broken::AtTheEnd {
                lines: 10,
                first: 200,
                last: 2000,
            },
            "let all: Vec<String> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();\n\
             for line in all {\n    println!(\"{line}\");\n}",
        ),
        (
            Broken::Early {
                line: line(),
                printed: 0,
                came,
            },
            "println!(\"task-3: {guess}\");",
        ),
        (
            Broken::Waited {
                file: slow(),
                line: timed_out(),
                printed: 3000,
                came: 3000,
            },
            "let result = receiver.recv().unwrap();\nprintln!(\"timed out\");",
        ),
        (
            Broken::NoTimeOut {
                line: timed_out(),
                waited: 0,
                least: 90,
            },
            "if receiver.try_recv().is_err() {\n    println!(\"timed out\");\n}",
        ),
        (
            Broken::TimeOutTooLong {
                line: timed_out(),
                waited: 1000,
                before: 500,
            },
            "if receiver.recv_timeout(Duration::from_secs(1)).is_err() {\n    println!(\"timed out\");\n}",
        ),
        (
            Broken::Backlog {
                seen: 180,
                most: 25,
                time: 400,
            },
            "let (sender, receiver) = mpsc::channel();",
        ),
        (
            Broken::TooMany {
                seen: 12,
                number: 5,
                time: 400,
            },
            "",
        ),
        (
            Broken::Twice {
                file: own("stock-00-00.txt"),
                times: 2,
                files: 1,
            },
            "",
        ),
    ];
    let mistake = |(broken, code): (Broken, &'static str)| {
        let source = Source::new([("src/main.rs".to_owned(), code.to_owned())]);
        let told = word(&broken, &source);
        Mistake {
            name: told.name.to_owned(),
            check: CheckId::Order,
            message: told.message,
            hint: told.hint,
            code: Some(code).filter(|code| !code.is_empty()),
        }
    };
    all.into_iter().map(mistake).collect()
}
