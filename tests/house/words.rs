//! Crates that others can use know nothing of this program: not its subject, and not its flags.

use crate::repository::{crates, files, read};

/// Crates that are published.
const PUBLISHED: &[&str] = &["evidence", "fs-scratch", "observer", "sandbox"];

/// Published crates that still have such words. The list only gets shorter.
const STILL_WITH_WORDS: &[&str] = &[];

/// Words that do not stand in them: not in code, not in comments, not in documents.
const WORDS: &[&str] = &[
    "grader",
    "student",
    "exercise",
    "submission",
    "course",
    "--isolation",
    "--temp-dir",
    "grade doctor",
];

/// The lines of a text with one of the words, alone or with an `s`, in capitals or not.
fn lines_with_words(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for &word in WORDS {
            let stands_alone = line.match_indices(word).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let behind = &line[at + word.len()..];
                let after = behind.strip_prefix('s').unwrap_or(behind).chars().next();
                let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                !is_letter(before) && !is_letter(after)
            });
            if stands_alone {
                found.push((number + 1, word));
            }
        }
    }
    found
}

#[test]
fn published_crates_know_nothing_of_this_program() {
    let mut wrong = Vec::new();
    for name in PUBLISHED {
        let before = wrong.len();
        let files = files(format!("crates/{name}"), &[".rs", ".md", ".toml", ".txt"]);
        assert!(!files.is_empty(), "there is no crate `{name}`");
        for file in files {
            let path = file.to_str().unwrap();
            let lines = lines_with_words(&read(path)).into_iter();
            wrong.extend(lines.map(|(line, word)| format!("{path}:{line} has `{word}`")));
        }
        if STILL_WITH_WORDS.contains(name) {
            assert!(
                wrong.len() > before,
                "`{name}` is free of them: take it off the list"
            );
            wrong.truncate(before);
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_list_has_every_crate_that_can_be_published() {
    let mut found = Vec::new();
    for one in crates() {
        let path = one.folder.join("Cargo.toml");
        let manifest: toml::Table = read(path.to_str().unwrap()).parse().unwrap();
        if manifest["package"].get("publish").is_none() {
            found.push(one.name);
        }
    }
    assert_eq!(found, PUBLISHED);
}

#[test]
fn a_word_of_this_program_is_found() {
    let text = "//! Of a Submission.\nlet students_of = 1;\ncoursework, grading, upgrade\n// see `grade doctor`\n\
                \"--temp-dir DIR\"";
    assert_eq!(
        lines_with_words(text),
        [
            (1, "submission"),
            (2, "student"),
            (4, "grade doctor"),
            (5, "--temp-dir")
        ]
    );
}
