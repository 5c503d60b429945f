//! The house rules: what the documents promise about the code, held by tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn course() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(course().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust file below `src`, with the room it belongs to.
fn sources() -> Vec<(String, PathBuf)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let src = course().join("src");
    let mut files = Vec::new();
    walk(&src, &mut files);
    let room = |path: &Path| {
        let first = path
            .strip_prefix(&src)
            .unwrap()
            .components()
            .next()
            .unwrap();
        first
            .as_os_str()
            .to_string_lossy()
            .trim_end_matches(".rs")
            .to_owned()
    };
    files.into_iter().map(|file| (room(&file), file)).collect()
}

/// Room and layer, as the table in `ARCHITECTURE.md` has them in its first two columns.
fn layers() -> BTreeMap<String, u32> {
    read("ARCHITECTURE.md")
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            let layer = cells.next()?.parse().ok()?;
            let room = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
            Some((room.to_owned(), layer))
        })
        .collect()
}

/// The rooms that a file's code names behind `crate::`, tests beside the code included.
fn used_rooms(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect()
    };
    for (at, _) in text.match_indices("crate::") {
        // `pub(crate)` and the like are not uses; a doc comment's link is one.
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => rooms.push(word(rest)),
            Some(list) => {
                let (mut depth, mut at_name) = (0, true);
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => at_name = true,
                        c if at_name && c.is_ascii_alphabetic() => {
                            rooms.push(word(&list[at..]));
                            at_name = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    rooms
}

#[test]
fn a_use_is_read_as_the_compiler_reads_it() {
    assert_eq!(used_rooms("use crate::ids::Seed;"), ["ids"]);
    assert_eq!(
        used_rooms("use crate::{\n    a::{B, c::D},\n    e,\n    f::G,\n};"),
        ["a", "e", "f"]
    );
}

#[test]
fn rooms_use_lower_layers_only() {
    let layers = layers();
    let mut seen = 0;
    for (room, file) in sources() {
        if matches!(room.as_str(), "lib" | "main") {
            continue;
        }
        let own = layers[&room];
        for used in used_rooms(&fs::read_to_string(&file).unwrap()) {
            let Some(&layer) = layers.get(&used) else {
                panic!(
                    "{}: `crate::{used}` is no room of ARCHITECTURE.md",
                    file.display()
                );
            };
            seen += 1;
            assert!(
                used == room || layer < own,
                "{}: `{room}` (layer {own}) uses `{used}` (layer {layer})",
                file.display()
            );
        }
    }
    assert!(
        seen > 50,
        "only {seen} uses were found: does the reading still work?"
    );
}

#[test]
fn the_map_has_every_room_and_no_other() {
    let mut rooms: Vec<String> = sources().into_iter().map(|(room, _)| room).collect();
    rooms.retain(|room| !matches!(room.as_str(), "lib" | "main"));
    rooms.sort();
    rooms.dedup();
    let mapped: Vec<String> = layers().into_keys().collect();
    assert_eq!(rooms, mapped);
}

#[test]
fn every_module_says_what_it_is_for_and_none_is_too_long() {
    for (_, file) in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", file.display());
        let is_tests = file.components().any(|part| part.as_os_str() == "tests")
            || file.file_stem().is_some_and(|stem| stem == "tests");
        assert!(
            text.starts_with("//! ") || is_tests,
            "{} opens without a word",
            file.display()
        );
    }
}

#[test]
fn unsafe_code_is_in_small_modules_and_argued_for() {
    let mut blocks = 0;
    for (room, file) in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            if code.starts_with("//") || !code.contains("unsafe {") {
                continue;
            }
            blocks += 1;
            assert_eq!(room, "sandbox", "{} has unsafe code", file.display());
            let argued = lines[n.saturating_sub(6)..n]
                .iter()
                .any(|line| line.contains("// SAFETY:"));
            assert!(
                argued,
                "{}:{}: unsafe without SAFETY",
                file.display(),
                n + 1
            );
        }
    }
    assert!(
        blocks > 0,
        "no unsafe block was found: does the reading still work?"
    );
}

#[test]
fn exit_codes_are_the_same_in_code_and_readme() {
    let code = read("src/cli/exit_code.rs");
    let readme = read("README.md");
    let mut found = 0;
    for line in code.lines() {
        let Some((_, number)) = line.trim().trim_end_matches(',').split_once(" = ") else {
            continue;
        };
        let Ok(number) = number.parse::<u8>() else {
            continue;
        };
        assert!(
            readme.contains(&format!("| {number} |")),
            "README.md lacks exit code {number}"
        );
        found += 1;
    }
    assert_eq!(found, 7);
}

#[test]
fn check_ids_are_documented() {
    let readme = read("README.md");
    for id in ids::CheckId::ALL {
        assert!(
            readme.contains(&format!("`{id}`")),
            "README.md lacks the check `{id}`"
        );
    }
}

#[test]
fn the_changelog_has_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        read("CHANGELOG.md").contains(&format!("## {version}")),
        "no entry for {version}"
    );
}

#[test]
fn the_course_locks_the_versions_that_the_project_builds_with() {
    let versions = |lock: &str| -> BTreeMap<String, String> {
        let lock: toml::Table = read(lock).parse().unwrap();
        let packages = lock["package"].as_array().unwrap().iter();
        packages
            .map(|package| {
                let text = |key: &str| package[key].as_str().unwrap().to_owned();
                (text("name"), text("version"))
            })
            .collect()
    };
    // So that whoever has compiled this program has fetched what the reference needs.
    let (ours, course) = (versions("Cargo.lock"), versions("grader.lock"));
    for name in [
        "rayon",
        "rayon-core",
        "crossbeam-deque",
        "crossbeam-epoch",
        "crossbeam-utils",
    ] {
        assert_eq!(ours[name], course[name], "{name}");
    }
}
