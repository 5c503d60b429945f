//! Where in a submission a check failed: a file and perhaps a line, for readers that show a mark beside the source.
//!
//! A student writes what a program says when it panics, so a file is taken from there only if its name is a plain
//! path below the submission's folder. Never says whether the file exists.

use judge::record::Check;

/// A place in a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// The path of the file, below the folder of the submission's crate.
    pub(crate) file: &'a str,
    /// The line and the column, counted from 1, where they are known.
    pub(crate) position: Option<(u32, u32)>,
}

/// Where a check failed: where the compiler or the course says so, or else where the program panicked.
pub(crate) fn of(check: &Check) -> Option<Place<'_>> {
    let details = &check.details;
    match (&details.place, &details.output) {
        (Some(place), _) => parse(place),
        (None, Some(output)) => panicked(output),
        (None, None) => None,
    }
}

/// The path of a place, with the folder of the submission in front.
pub(crate) fn below(folder: &str, file: &str) -> String {
    let folder = folder.trim_end_matches('/');
    if folder.is_empty() {
        file.to_owned()
    } else {
        format!("{folder}/{file}")
    }
}

/// `src/main.rs:3:5`, `Cargo.toml:3` or `Cargo.toml`.
fn parse(place: &str) -> Option<Place<'_>> {
    let mut parts = place.splitn(3, ':');
    let file = parts.next().filter(|file| is_plain(file))?;
    let mut number = || parts.next().and_then(|number| number.parse().ok());
    let line = number().filter(|line| *line > 0);
    let column = number().filter(|column| *column > 0).unwrap_or(1);
    Some(Place {
        file,
        position: line.map(|line| (line, column)),
    })
}

/// The place in `thread 'main' panicked at src/main.rs:3:5:`, if it is in the submission.
fn panicked(output: &str) -> Option<Place<'_>> {
    let (_, rest) = output.split_once(" panicked at ")?;
    let place = rest.lines().next()?.strip_suffix(':')?;
    parse(place).filter(|place| place.position.is_some())
}

/// Whether a path leads to a file below the folder where it starts, and needs no quotes.
fn is_plain(path: &str) -> bool {
    let is_name = |part: &str| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !part.is_empty() && part != "." && part != ".." && part.chars().all(is_allowed)
    };
    path.split('/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_file_and_what_is_known_besides() {
        for (place, file, position) in [
            ("src/main.rs:3:5", "src/main.rs", Some((3, 5))),
            ("Cargo.toml:12", "Cargo.toml", Some((12, 1))),
            ("Cargo.toml", "Cargo.toml", None),
            ("src/main.rs:0:0", "src/main.rs", None),
            ("src/main.rs:x", "src/main.rs", None),
        ] {
            assert_eq!(parse(place), Some(Place { file, position }), "{place}");
        }
    }

    #[test]
    fn no_place_is_outside_of_the_submission_or_has_a_strange_name() {
        for place in [
            "/etc/passwd:1:1",
            "../other/src/main.rs:1:1",
            "src//main.rs",
            "src/a,b.rs:1:1",
            "src/\u{1b}[2J.rs:1:1",
            "",
        ] {
            assert_eq!(parse(place), None, "{place}");
        }
    }

    #[test]
    fn a_panic_names_its_place() {
        let output = "thread 'main' panicked at src/main.rs:7:9:\nindex out of bounds";
        let place = panicked(output).unwrap();
        assert_eq!((place.file, place.position), ("src/main.rs", Some((7, 9))));
        for other in [
            "thread 'main' panicked at /rustc/abc/library/core/src/x.rs:7:9:\n",
            "thread 'main' panicked at src/main.rs:\n",
            "nothing",
        ] {
            assert_eq!(panicked(other), None, "{other}");
        }
    }

    #[test]
    fn the_folder_stands_in_front() {
        assert_eq!(below("", "src/main.rs"), "src/main.rs");
        assert_eq!(below("hw/alice/", "src/main.rs"), "hw/alice/src/main.rs");
    }
}
