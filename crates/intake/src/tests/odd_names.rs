//! What is left out for its name.

use super::*;

#[test]
fn odd_names_are_left_out_and_shown_escaped() {
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
        let (snapshot, _dest) = handed.admitted();
        let told = told(&snapshot);
        assert!(told.len() == 1 && told[0].contains(problem), "{told:?}");
        assert_eq!(snapshot.left_out().listed()[0].path, place);
    }
}

#[test]
fn a_folder_of_an_odd_name_is_not_entered() {
    let handed = Handed::good();
    handed.file("a\u{1b}/b\u{1b}", "");
    let told = told(&handed.admitted().0);
    assert!(told.len() == 1 && told[0].contains("U+001B"), "{told:?}");
}

#[test]
fn a_name_as_long_as_the_system_allows_is_taken() {
    let handed = Handed::good();
    let long = "課".repeat(85);
    handed.file(&long, "");
    assert!(handed.admitted().0.contains(&long));
}

#[test]
fn a_path_of_more_than_500_bytes_is_left_out_however_deep_the_course_allows() {
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
    let told = told(&handed.admitted_within(limits).0);
    assert!(told.len() == 1 && told[0].contains("501 bytes"), "{told:?}");
}

#[test]
fn names_that_differ_in_capitals_only_are_both_copied() {
    let handed = Handed::good();
    let names = [
        "README.md",
        "readme.md",
        "Src/main.rs",
        "src/Main.rs",
        "src/É",
        "src/é",
    ];
    for name in names {
        handed.file(name, name);
    }
    let (snapshot, _dest) = handed.admitted();
    for name in names {
        assert_eq!(snapshot.read(name).unwrap().unwrap(), name.as_bytes());
    }
}

#[test]
fn names_that_differ_in_capitals_are_fine_in_two_folders() {
    let handed = Handed::good();
    handed.file("src/a/MAIN.RS", "").file("src/b/main.rs", "");
    assert_eq!(handed.admitted().0.files().len(), 4);
}
