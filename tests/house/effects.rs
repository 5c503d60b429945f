//! Judging computes and does nothing else: what of the standard library reaches out is not named there.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

use crate::repository::{files, read};

/// The modules and types of `std` that code names behind `std::`, in a path or in a list. Comments and strings
/// are not code.
fn named_of_std(text: &str) -> Vec<String> {
    let mut rest = text;
    let tokens = tokenize(text, FrontmatterAllowed::No).filter_map(|token| {
        let (word, behind) = rest.split_at(token.len as usize);
        rest = behind;
        let is_code =
            matches!(token.kind, TokenKind::Ident) || word.len() == 1 && !word.trim().is_empty();
        is_code.then_some(word)
    });
    let tokens: Vec<&str> = tokens.collect();
    let mut named = Vec::new();
    for at in 0..tokens.len() {
        if tokens[at..].starts_with(&["std", ":", ":"]) {
            let behind = tokens[at + 3..].iter();
            let end = |word: &&&str| !matches!(**word, ";" | "(" | ")" | "=" | "<" | ">");
            named.extend(behind.take_while(end).map(|word| (*word).to_owned()));
        }
    }
    named
}

/// What of `std` reaches out of a computation.
const EFFECTS: [&str; 12] = [
    "fs",
    "io",
    "net",
    "os",
    "env",
    "process",
    "thread",
    "sync",
    "Instant",
    "SystemTime",
    "Path",
    "PathBuf",
];

#[test]
fn effects_are_seen_in_paths_and_lists_and_not_in_text() {
    let effects = |text: &str| -> Vec<String> {
        let named = named_of_std(text).into_iter();
        named
            .filter(|word| EFFECTS.contains(&word.as_str()))
            .collect()
    };
    assert_eq!(effects("use std::{fmt, fs::{self, File}};"), ["fs"]);
    assert_eq!(effects("let now = std::time::Instant::now();"), ["Instant"]);
    let plain = "use std::fmt; // std::fs\nlet hint = \"std::thread::scope\"; fn fs() {}";
    assert_eq!(effects(plain), [""; 0]);
}

#[test]
fn judging_touches_no_disk_no_process_and_no_clock() {
    let files = files("crates/judge/src", &[".rs"]);
    assert!(files.len() > 15, "only {} files were found", files.len());
    for file in files {
        for named in named_of_std(&read(&file.to_string_lossy())) {
            assert!(
                !EFFECTS.contains(&named.as_str()),
                "{}: `{named}` reaches out of a computation",
                file.display()
            );
        }
    }
}
