//! Messages of panics, as rustc 1.95 writes them.

use proptest::prelude::*;

use super::*;

const MAIN: &str =
    "fn main() {\n    let n: u64 = lines[17].parse().unwrap();\n    x.expect(\"no x\");\n}\n";

fn source() -> Source {
    Source::new([("src/main.rs".to_owned(), MAIN.to_owned())])
}

fn panicked(place: &str, message: &str) -> String {
    format!(
        "\nthread '<unnamed>' (12) panicked at {place}:\n{message}\nnote: run with `RUST_BACKTRACE=1`\n"
    )
}

#[test]
fn each_kind_of_panic_has_its_name_and_words() {
    for (message, diagnosis, words) in [
        (
            "index out of bounds: the len is 20 but the index is 20",
            "index-out-of-bounds",
            "index 20 does not exist, the list has 20 elements",
        ),
        (
            "index out of bounds: the len is 0 but the index is 2",
            "index-out-of-bounds",
            "the list has 0 elements",
        ),
        (
            "range end index 8 out of range for slice of length 7",
            "index-out-of-bounds",
            "index 8 does not exist",
        ),
        (
            "called `Option::unwrap()` on a `None` value",
            "unwrap-on-none",
            "`None`",
        ),
        (
            "called `Result::unwrap()` on an `Err` value: ParseIntError { kind: InvalidDigit }",
            "parse-error",
            "something else than digits",
        ),
        (
            "called `Result::unwrap()` on an `Err` value: ParseIntError { kind: Empty }",
            "parse-error",
            "an empty text",
        ),
        (
            "called `Result::unwrap()` on an `Err` value: ParseIntError { kind: PosOverflow }",
            "parse-error",
            "too large",
        ),
        (
            "called `Result::unwrap()` on an `Err` value: Any { .. }",
            "main-panicked-thread",
            "`join`",
        ),
        (
            "called `Result::unwrap()` on an `Err` value: PoisonError { .. }",
            "poisoned-lock",
            "held this lock",
        ),
        ("attempt to add with overflow", "overflow", "too large"),
        ("attempt to divide by zero", "divide-by-zero", "zero"),
        (
            "called `Result::unwrap()` on an `Err` value: Os { code: 2, kind: NotFound, message: \"No such file or directory\" }",
            "not-found",
            "the file or folder was not found",
        ),
        (
            "no data: Os { code: 13, kind: PermissionDenied, message: \"Permission denied\" }",
            "permission-denied",
            "not allowed",
        ),
        (
            "called `Result::unwrap()` on an `Err` value: \"two `words`\"",
            "panic",
            "`unwrap()` found an error instead of a value: `\"two \\u{60}words\\u{60}\"`",
        ),
        (
            "called `Result::unwrap()` on an `Err` value: Os { code: 24, kind: Uncategorized, message: \"Too many open files\" }",
            "too-many-open-files",
            "too many",
        ),
        (
            "no total `today`",
            "panic",
            "it says `no total \\u{60}today\\u{60}`",
        ),
    ] {
        let crash = explain(&panicked("src/main.rs:2:39", message), &source()).unwrap();
        assert_eq!(crash.diagnosis, diagnosis, "{message}");
        assert!(crash.what.contains(words), "{}", crash.what);
        assert_eq!(crash.place.unwrap().whole, "src/main.rs:2:39");
    }
    let crash = explain(&panicked("src/main.rs:3:7", "no x"), &source()).unwrap();
    assert_eq!(crash.diagnosis, "expect-failed");
}

#[test]
fn the_line_is_shown_and_a_line_that_does_not_exist_is_none() {
    let crash = explain(&panicked("src/main.rs:2:39", "m"), &source()).unwrap();
    assert_eq!(
        crash.place.unwrap().quoted,
        "src/main.rs:2 is `let n: u64 = lines[17].parse().unwrap();`"
    );
    for place in [
        "src/main.rs:9:1",
        "src/other.rs:1:1",
        "/rustc/abc/library/core/src/x.rs:1:1",
        "src/main.rs",
        "src/main.rs:0:1",
    ] {
        assert_eq!(
            explain(&panicked(place, "m"), &source()).unwrap().place,
            None,
            "{place}"
        );
    }
}

#[test]
fn the_panic_that_caused_the_others_counts() {
    let first = panicked(
        "src/main.rs:2:39",
        "called `Option::unwrap()` on a `None` value",
    );
    let second = panicked(
        "src/main.rs:3:7",
        "called `Result::unwrap()` on an `Err` value: Any { .. }",
    );
    for text in [format!("{first}{second}"), format!("{second}{first}")] {
        assert_eq!(
            explain(&text, &source()).unwrap().diagnosis,
            "unwrap-on-none"
        );
    }
    assert_eq!(
        explain(&second, &source()).unwrap().diagnosis,
        "main-panicked-thread"
    );
}

#[test]
fn an_error_that_main_returns_is_explained_without_a_place() {
    let crash = explain("Error: ParseIntError { kind: InvalidDigit }\n", &source()).unwrap();
    assert_eq!((crash.diagnosis, crash.place), ("parse-error", None));
    assert_eq!(explain("some words\n", &source()), None);
}

#[test]
fn a_program_that_waits_for_input_is_told_so() {
    let source = Source::new([(
        "src/main.rs".to_owned(),
        "io::stdin().read_line(&mut x)".to_owned(),
    )]);
    let message = "called `Result::unwrap()` on an `Err` value: ParseIntError { kind: Empty }";
    let crash = explain(&panicked("src/main.rs:1:1", message), &source).unwrap();
    assert_eq!(crash.diagnosis, "reads-standard-input");
}

proptest! {
    #[test]
    fn any_output_is_read(text in "(\nthread '|' panicked at |src/main.rs:2:1|:|\n|the len is |the index is |index out of bounds|ü|9)*") {
        let _ = explain(&text, &source());
    }
}
