//! What a program says when it panics or when `main` returns an error, in words for its author.
//!
//! rustc writes where a program panicked, and why. The place counts if the submission has that line, so no output of a
//! program can invent one. Of several panics, the first that is no consequence of another one counts: a `join` fails
//! because a thread panicked. Never decides whether a check passes.

use super::words::count;
use crate::source::{Source, quoted};

/// A crash, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crash {
    /// The name of the mistake.
    pub(super) diagnosis: &'static str,
    /// What happened, to follow a place.
    pub(super) what: String,
    /// What to try, where it is known.
    pub(super) hint: Option<String>,
    /// The file and line, and the place with its column, if the submission has it.
    pub(super) place: Option<Place>,
}

/// A line of the submission in which it panicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// File and line.
    pub(super) line: String,
    /// File, line and column.
    pub(super) whole: String,
    /// File, line, and what is in it.
    pub(super) quoted: String,
}

/// Explain what a program wrote to standard error before it ended.
pub(super) fn explain(stderr: &str, source: &Source) -> Option<Crash> {
    let panics = || panics(stderr);
    let panic = panics()
        .find(|panic| !is_consequence(panic.message))
        .or_else(|| panics().next());
    let (message, place) = match panic {
        Some(panic) => (panic.message, place(panic.place, source)),
        // What `main` returned.
        None => (
            stderr
                .lines()
                .find_map(|line| line.strip_prefix("Error: "))?,
            None,
        ),
    };
    let code = place.as_ref().map(|(_, code)| *code).unwrap_or_default();
    let (diagnosis, what, hint) = words(message, code, source);
    Some(Crash {
        diagnosis,
        what,
        hint,
        place: place.map(|(place, _)| place),
    })
}

/// One panic in the output of a program.
struct Panic<'a> {
    place: &'a str,
    message: &'a str,
}

fn panics(stderr: &str) -> impl Iterator<Item = Panic<'_>> {
    let mut lines = stderr.lines();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let place = line
                .strip_prefix("thread '")
                .and_then(|line| line.split_once(" panicked at "))
                .and_then(|(_, place)| place.strip_suffix(':'));
            if let Some(place) = place {
                let message = lines.next().unwrap_or_default();
                return Some(Panic { place, message });
            }
        }
    })
}

/// Whether a thread panicked because another one did.
fn is_consequence(message: &str) -> bool {
    [
        "Any { .. }",
        "PoisonError",
        "a scoped thread panicked",
        "SendError",
        "RecvError",
        "JoinError",
    ]
    .iter()
    .any(|words| message.contains(words))
}

/// The place of a panic, and what is in that line; `None` if the submission has no such line.
fn place<'a>(text: &str, source: &'a Source) -> Option<(Place, &'a str)> {
    let mut parts = text.splitn(3, ':');
    let (file, line, column) = (parts.next()?, parts.next()?, parts.next()?);
    let (number, column) = (line.parse().ok()?, column.parse::<u32>().ok()?);
    let code = source.line(file, number)?;
    let line = format!("{file}:{number}");
    let place = Place {
        whole: format!("{line}:{column}"),
        quoted: quoted(&line, code),
        line,
    };
    Some((place, code))
}

/// The name, what happened, and what to try.
type Words = (&'static str, String, Option<String>);

/// The name, what happened, and what to try, by the message and the line in which it panicked.
fn words(message: &str, code: &str, source: &Source) -> Words {
    if let Some(words) = index(message) {
        return words;
    }
    if let Some(words) = parsed(message, source) {
        return words;
    }
    let known = KNOWN.iter().find(|one| message.contains(one.0));
    if let Some(&(_, diagnosis, what, hint)) = known {
        return (diagnosis, what.to_owned(), Some(hint.to_owned()));
    }
    if message.contains("kind: NotFound") {
        let what = match source.find(&["Command"]) {
            Some(_) => "the file, folder or program was not found",
            None => "the file or folder was not found",
        };
        return ("not-found", what.to_owned(), None);
    }
    if message.contains("kind: PermissionDenied") {
        let what = "the program is not allowed to do this (permission denied)";
        return ("permission-denied", what.to_owned(), None);
    }
    let shown = |text: &str| {
        ids::words::within_backticks(&super::words::shortened(text.trim(), LONGEST_MESSAGE))
    };
    if let Some(error) = message.strip_prefix("called `Result::unwrap()` on an `Err` value: ") {
        let what = format!(
            "`unwrap()` found an error instead of a value: `{}`",
            shown(error)
        );
        return ("panic", what, None);
    }
    let what = shown(message);
    if code.contains(".expect(") {
        return (
            "expect-failed",
            format!("`expect` found no value; it says `{what}`"),
            Some("that line expects a value that is not there: check what it asks for".to_owned()),
        );
    }
    ("panic", format!("it says `{what}`"), None)
}

/// What messages contain, the name of the mistake, what happened, and what to try.
const KNOWN: [(&str, &str, &str, &str); 17] = [
    (
        "called `Option::unwrap()` on a `None` value",
        "unwrap-on-none",
        "`unwrap()` was called, but there was nothing: the value was `None`",
        "what that line asks for is not there, such as a line behind the end of the file: check what it asks for, \
         or say what to do without it by `if let Some(…)`",
    ),
    (
        "Any { .. }",
        "main-panicked-thread",
        "a thread had panicked before, and `join` says so",
        "find the place where the thread panicked",
    ),
    (
        "a scoped thread panicked",
        "main-panicked-thread",
        "a thread of this scope had panicked before",
        "find the place where the thread panicked",
    ),
    (
        "JoinError",
        "main-panicked-thread",
        "a task had panicked before, and `.await` says so",
        "find the place where the task panicked",
    ),
    (
        "PoisonError",
        "poisoned-lock",
        "a thread had panicked while it held this lock",
        "find the place where the thread panicked",
    ),
    (
        "SendError",
        "channel-closed",
        "nobody receives from this channel any more",
        "keep the receiver until all threads have sent",
    ),
    (
        "RecvError",
        "channel-closed",
        "nobody sends to this channel any more",
        "a `recv` that returns an error is the usual end of the work: leave the loop there, for example by \
         `while let Ok(x) = receiver.recv()`",
    ),
    (
        "with overflow",
        "overflow",
        "a number became too large or too small for its type",
        "use a larger type, such as `u64`; for a difference, check which number is larger",
    ),
    (
        "divide by zero",
        "divide-by-zero",
        "a number was divided by zero",
        "check how many files the program found before it divides by their number",
    ),
    (
        "remainder with a divisor of zero",
        "divide-by-zero",
        "a number was divided by zero",
        "check how many files the program found before it divides by their number",
    ),
    (
        "chunk size must be non-zero",
        "divide-by-zero",
        "`chunks` was called with 0",
        "check how many files the program found, and round the size of a chunk up: `div_ceil`",
    ),
    (
        "failed to spawn thread",
        "too-many-threads",
        "the system could not start one more thread",
        "start a fixed number of threads, such as eight, and give each many files",
    ),
    (
        "TooManyOpenFiles",
        "too-many-open-files",
        "too many files were open at the same time",
        "open a file, read it and let it go before you open the next one",
    ),
    (
        "Too many open files",
        "too-many-open-files",
        "too many files were open at the same time",
        "open a file, read it and let it go before you open the next one",
    ),
    (
        "valid UTF-8",
        "not-text",
        "a file was read as text and is none",
        "read only the data files: look at their names before you open them",
    ),
    (
        "there is no reactor running",
        "no-runtime",
        "tokio was used outside of its runtime",
        "put `#[tokio::main]` before `async fn main`, or use `std::fs` in threads of your own",
    ),
    (
        "already borrowed",
        "borrowed-twice",
        "a `RefCell` was borrowed while it was borrowed already",
        "for a value that several threads change, take a `Mutex` or an atomic",
    ),
];

/// The longest message of a program that is quoted, in characters.
const LONGEST_MESSAGE: usize = 120;

/// The number behind some words.
fn number(text: &str, words: &str) -> Option<u64> {
    let (_, rest) = text.split_once(words)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// An index or a range that is out of bounds.
fn index(message: &str) -> Option<Words> {
    let (len, index) = if message.contains("index out of bounds") {
        (
            number(message, "the len is ")?,
            number(message, "the index is ")?,
        )
    } else if message.contains("out of range for slice") {
        let len = number(message, "slice of length ")?;
        (len, number(message, "index ")?)
    } else {
        return None;
    };
    let what = format!(
        "index {index} does not exist, the list has {}",
        count(usize::try_from(len).unwrap_or(usize::MAX), "element")
    );
    let hint = match len {
        0 => "the list is empty: look at what was put into it".to_owned(),
        _ => format!(
            "an index counts from zero, so the last element of this list is index {}: check how the index is computed",
            len - 1
        ),
    };
    Some(("index-out-of-bounds", what, Some(hint)))
}

/// Text that is no number.
fn parsed(message: &str, source: &Source) -> Option<Words> {
    let of_std = |kind: &str| message.contains("ParseIntError") && message.contains(kind);
    let is_empty = of_std("Empty") || message.contains("cannot parse integer from empty string");
    if is_empty && let Some(spot) = source.find(&["stdin"]) {
        let hint = format!(
            "{} reads from standard input, which is empty here: nobody types anything. Read the data files of the \
             current folder instead",
            spot.line()
        );
        return Some((
            "reads-standard-input",
            "it waits for input, and there is none".into(),
            Some(hint),
        ));
    }
    let (what, hint) = if is_empty {
        (
            "`parse()` got an empty text",
            "there is no number in that piece of text: `split('\\n')` gives an empty piece behind the last line, \
             `lines()` does not",
        )
    } else if of_std("InvalidDigit") || message.contains("invalid digit found in string") {
        (
            "`parse()` got a text with something else than digits",
            "most likely a line end or a space is still there: use `lines()`, or `trim()` before `parse()`. \
             `println!(\"{text:?}\")` shows what the text is",
        )
    } else if of_std("PosOverflow") || message.contains("number too large to fit in target type") {
        (
            "`parse()` got a number that is too large for its type",
            "parse one line at a time, and use a larger type such as `u64`",
        )
    } else if message.contains("ParseFloatError") || message.contains("invalid float literal") {
        (
            "`parse()` got a text that is no number",
            "the numbers are whole: parse them as `u64`. `println!(\"{text:?}\")` shows what the text is",
        )
    } else {
        return None;
    };
    Some(("parse-error", what.into(), Some(hint.into())))
}

#[cfg(test)]
mod tests;
