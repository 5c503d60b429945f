//! Every module opens with what it is for, and no file is too long to be read at once.

use crate::repository::{files, read};

/// The most lines of a file.
const MOST_LINES: usize = 600;

/// Folders whose Rust files keep the rule.
const FOLDERS: &[&str] = &["src", "crates", "tests/it", "tests/house"];

/// What is wrong with one file.
fn problem(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    if lines > MOST_LINES {
        return Some(format!("{path} has {lines} lines, more than {MOST_LINES}"));
    }
    // A module of tests beside the code says it in its parent.
    let is_beside_code =
        path.contains("src/") && (path.contains("/tests/") || path.ends_with("/tests.rs"));
    if !text.starts_with("//! ") && !is_beside_code {
        return Some(format!(
            "{path} does not open with `//!` and what it is for"
        ));
    }
    None
}

#[test]
fn every_module_says_what_it_is_for_and_none_is_too_long() {
    let mut problems = Vec::new();
    for folder in FOLDERS {
        let files = files(folder, &[".rs"]);
        assert!(!files.is_empty(), "{folder} has no file");
        for file in files {
            let path = file.to_str().unwrap();
            problems.extend(problem(path, &read(path)));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn a_file_without_a_word_and_one_that_is_too_long_are_found() {
    let long = "//! What it is for.\n".repeat(601);
    assert_eq!(
        problem("src/a.rs", &long).unwrap(),
        "src/a.rs has 601 lines, more than 600"
    );
    assert_eq!(
        problem("crates/a/src/b.rs", "use c;\n").unwrap(),
        "crates/a/src/b.rs does not open with `//!` and what it is for"
    );
    assert!(problem("crates/a/tests/b.rs", "use c;\n").is_some());
    assert_eq!(problem("src/a/tests.rs", "use super::*;\n"), None);
    assert_eq!(problem("src/a.rs", "//! What it is for.\n"), None);
}
