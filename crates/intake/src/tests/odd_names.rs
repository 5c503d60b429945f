//! What is refused for its name.

use super::*;

#[test]
fn odd_names_are_refused_and_shown_escaped() {
    for (name, place, problem) in [
        (&b"src/caf\xe9.rs"[..], r"src/caf\xe9.rs", "UTF-8"),
        (b"src/a\x1b[2J.rs", r"src/a\u{1b}[2J.rs", "U+001B"),
        (b"src/a\nb", r"src/a\nb", "U+000A"),
        ("\u{202e}sr.niam".as_bytes(), r"\u{202e}sr.niam", "U+202E"),
        (b"src\\main.rs", r"src\main.rs", "backslash"),
        (b"src/a ", "src/a ", "ends in a space or a dot"),
        (b"a.", "a.", "ends in a space or a dot"),
    ] {
        let handed = Handed::good();
        handed.file(OsStr::from_bytes(name), "");
        says(&handed.refused(), place, problem, "rename it");
    }
}

#[test]
fn a_folder_of_an_odd_name_is_not_entered() {
    let handed = Handed::good();
    handed.file("a\u{1b}/b\u{1b}", "");
    says(&handed.refused(), r"a\u{1b}", "U+001B", "rename it");
}

#[test]
fn a_name_of_more_than_100_bytes_is_refused() {
    let handed = Handed::good();
    handed.file("x".repeat(100), "");
    handed.admitted();
    let long = "x".repeat(101);
    handed.file(&long, "");
    says(&handed.refused(), &long, "101 bytes", "rename it");
}

#[test]
fn a_path_of_more_than_500_bytes_is_refused_however_deep_the_course_allows() {
    let limits = Limits {
        depth: usize::MAX,
        ..LIMITS
    };
    let handed = Handed::good();
    let folders = "d/".repeat(LONGEST_PATH / 2 - 1);
    handed.file(format!("{folders}ab"), "");
    let (snapshot, _dest) = handed.admitted_within(limits);
    assert_eq!(snapshot.files()[1].path.len(), LONGEST_PATH);
    let long = format!("{folders}abc");
    handed.file(&long, "");
    let refusal = one(handed.refused_within(limits));
    says(&refusal, &long, "501 bytes", "shorten");
}

#[test]
fn names_that_differ_in_capitals_only_are_refused() {
    for (one, other) in [("src/Main.rs", "src/main.rs"), ("src/É", "src/é")] {
        let handed = Handed::good();
        handed.file(one, "").file(other, "");
        let name = one.strip_prefix("src/").unwrap();
        says(&handed.refused(), other, &format!("`{name}`"), "rename one");
    }
    let handed = Handed::good();
    handed.file("Src/main.rs", "");
    says(&handed.refused(), "src", "`Src`", "rename one");
}

#[test]
fn names_that_differ_in_capitals_are_fine_in_two_folders() {
    let handed = Handed::good();
    handed.file("src/a/MAIN.RS", "").file("src/b/main.rs", "");
    assert_eq!(handed.admitted().0.files().len(), 4);
}
