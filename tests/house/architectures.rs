//! The code names no system call that the other processor does not have, though nothing here is compiled
//! for it.
//!
//! Reads our own source, and libc's for aarch64. `.ci/run` compiles for it where the target is installed;
//! this holds where it is not.
use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use crate::repository::{files, read};

const AARCH64: &str = "aarch64/mod.rs";
const X86_64: &str = "x86_64/not_x32.rs";

/// What libc calls the system calls of an architecture, and their numbers, read from a file of its source.
fn libc_names(file: &str) -> BTreeMap<String, u32> {
    // Of other systems' crates the source need not be there.
    let own = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    #[expect(
        clippy::disallowed_methods,
        reason = "asks cargo where libc's source is"
    )]
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        .args(["--filter-platform", &own])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let libc = packages.iter().find(|package| package["name"] == "libc");
    let manifest = PathBuf::from(libc.unwrap()["manifest_path"].as_str().unwrap());
    let folder = manifest.parent().unwrap();
    let folder = folder.join("src/unix/linux_like/linux/gnu/b64");
    let text = fs::read_to_string(folder.join(file)).unwrap();
    text.lines()
        .filter_map(|line| {
            let line = line.strip_prefix("pub const SYS_")?.strip_suffix(';')?;
            let (name, number) = line.split_once(": c_long = ")?;
            Some((name.to_owned(), number.parse().ok()?))
        })
        .collect()
}

/// A source text without what is only compiled for x86-64.
fn for_aarch64(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("#[cfg(target_arch = \"x86_64\")]") {
        kept.push_str(before);
        let mut depth = 0;
        let end = after.find(|c| {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth -= 1,
                _ => {}
            }
            depth == 0 && matches!(c, ';' | ',' | '}')
        });
        rest = &after[end.map_or(after.len(), |end| end + 1)..];
    }
    kept + rest
}

fn calls_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("libc::SYS_").skip(1).map(|after| {
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_');
        &after[..end.unwrap_or(after.len())]
    })
}

#[test]
fn every_call_named_outside_of_x86_64_exists_on_aarch64() {
    let known = libc_names(AARCH64);
    assert!(known.len() > 250, "{known:?}");
    let files = ["src", "crates"]
        .into_iter()
        .flat_map(|folder| files(folder, &[".rs"]));
    let mut named = 0;
    let mut missing = Vec::new();
    for file in files {
        let text = for_aarch64(&read(&file.to_string_lossy()));
        for call in calls_in(&text) {
            named += 1;
            if !known.contains_key(call) {
                missing.push(format!("{}: SYS_{call}", file.display()));
            }
        }
    }
    assert!(named > 200, "only {named} calls are named");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_numbers_in_the_filters_table_are_those_of_the_calls_named() {
    // The columns of the table.
    for (file, own, other) in [(X86_64, 2, 3), (AARCH64, 3, 2)] {
        let known = libc_names(file);
        let mut compared = 0;
        for row in include_str!("../../crates/sandbox/src/spawn/seccomp/golden.txt").lines() {
            let fields: Vec<&str> = row.split_whitespace().collect();
            if row.starts_with('#') {
                continue;
            }
            let (name, number) = (fields[1], fields[own]);
            match known.get(name) {
                Some(known) => {
                    compared += 1;
                    assert_eq!(known.to_string(), number, "{file}: {row}");
                }
                // From 424 on all architectures count alike, so a number that libc lacks is the same there.
                None => assert!(number == "-" || number == fields[other], "{file}: {row}"),
            }
        }
        assert!(
            compared > 100,
            "{file}: only {compared} numbers were compared"
        );
    }
}

#[test]
fn what_is_compiled_for_x86_64_only_is_left_out() {
    let text = "a(libc::SYS_a);\n#[cfg(target_arch = \"x86_64\")]\nconst X: &[(u8, &[u8])] = &[(libc::SYS_b, &[libc::SYS_c])];\n\
        match n {\n#[cfg(target_arch = \"x86_64\")]\nlibc::SYS_d => e(2),\nlibc::SYS_f => g(),\n}\n\
        #[cfg(target_arch = \"x86_64\")]\n{ h(libc::SYS_h); }\nlibc::SYS_i";
    let text = for_aarch64(text);
    assert_eq!(calls_in(&text).collect::<Vec<_>>(), ["a", "f", "i"]);
}
