//! The manifest.

use super::*;

/// A submission without a manifest, but with empty files.
fn without_manifest(files: &[&str]) -> Refusal {
    let handed = Handed(tempdir().unwrap());
    for file in files {
        handed.file(file, "");
    }
    handed.refused()
}

#[test]
fn a_missing_manifest_is_refused_and_the_likely_folder_named() {
    let refusal = without_manifest(&["src/main.rs"]);
    says(
        &refusal,
        "Cargo.toml",
        "there is no `Cargo.toml`",
        "`Cargo.toml` and `src/`",
    );
    let refusal = without_manifest(&["mine/Cargo.toml", "other/x"]);
    says(
        &refusal,
        "Cargo.toml",
        "there is no `Cargo.toml`",
        "the folder `mine`",
    );
    let refusal = without_manifest(&["a/Cargo.toml", "b/Cargo.toml"]);
    says(
        &refusal,
        "Cargo.toml",
        "there is no `Cargo.toml`",
        "`Cargo.toml` and `src/`",
    );
    let refusal = without_manifest(&["a/b/Cargo.toml"]);
    says(
        &refusal,
        "Cargo.toml",
        "there is no `Cargo.toml`",
        "`Cargo.toml` and `src/`",
    );
    says(
        &without_manifest(&[]),
        "Cargo.toml",
        "there is no `Cargo.toml`",
        "",
    );
}

#[test]
fn a_manifest_with_other_capitals_is_named() {
    let refusal = without_manifest(&["cargo.TOML", "src/main.rs"]);
    says(
        &refusal,
        "Cargo.toml",
        "only `cargo.TOML`",
        "rename `cargo.TOML`",
    );
}

#[test]
fn a_manifest_with_a_hidden_ending_is_named() {
    let refusal = without_manifest(&["Cargo.toml.txt", "src/main.rs"]);
    says(
        &refusal,
        "Cargo.toml",
        "only `Cargo.toml.txt`",
        "rename `Cargo.toml.txt` to `Cargo.toml`",
    );
}

#[test]
fn a_manifest_that_is_a_folder_is_refused() {
    let refusal = without_manifest(&["Cargo.toml/x"]);
    says(&refusal, "Cargo.toml", "is a folder", "file itself");
}

#[test]
fn a_missing_manifest_stands_before_all_other_reasons() {
    let handed = Handed(tempdir().unwrap());
    for n in 0..30 {
        symlink("nowhere", handed.path(format!("{n}"))).unwrap();
    }
    let refusals = handed.refused_within(LIMITS);
    assert_eq!(refusals.len(), 21);
    says(&refusals[0], "Cargo.toml", "there is no `Cargo.toml`", "");
    says(&refusals[1], "0", "symbolic link", "itself");
}

#[test]
fn a_manifest_of_an_odd_name_is_named_unless_there_is_another() {
    for name in ["Cargo.toml ", "Cargo\u{200b}.toml"] {
        let handed = Handed(tempdir().unwrap());
        handed.file(name, "[package]\n").file("src/main.rs", "");
        let refusals = handed.refused_within(LIMITS);
        says(&refusals[0], "Cargo.toml", "there is no `Cargo.toml`", "");
        assert!(refusals[1].place.starts_with("Cargo"), "{refusals:?}");
        handed.file("Cargo.toml", "[package]\n");
        assert_eq!(told(&handed.admitted().0).len(), 1);
    }
}

#[test]
fn a_manifest_that_was_not_reached_is_not_called_missing() {
    let handed = Handed::good();
    for n in 0..200 {
        handed.file(format!("{n}"), "");
    }
    let limits = Limits {
        entries: 100,
        ..LIMITS
    };
    says(&one(handed.refused_within(limits)), ".", "100 files", "");
}
