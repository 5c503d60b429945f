//! What the documents and the lock files say is what the code does.

use std::collections::BTreeMap;

use crate::repository::read;

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
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let version = manifest["package"]["version"].as_str().unwrap();
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
