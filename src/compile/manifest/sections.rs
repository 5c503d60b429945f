//! Which sections a manifest may have beside those that are read.
//!
//! Hides the list. Never reads `[package]`, `[dependencies]` or a target.

use toml::de::{DeTable, DeValue};

use super::problems::{Problems, entry, is_empty, quote};

/// Sections that are refused unless they are empty: names, the problem, the remedy.
const REFUSED_SECTIONS: [(&[&str], &str, &str); 5] = [
    (
        &["patch"],
        "`[patch]` replaces crates by others",
        "remove `[patch]`; the course fixes every crate and its version",
    ),
    (
        &["replace"],
        "`[replace]` replaces crates by others",
        "remove `[replace]`; the course fixes every crate and its version",
    ),
    (
        &["build-dependencies", "build_dependencies"],
        "`[build-dependencies]` are for build scripts, which this course does not run",
        "remove `[build-dependencies]`",
    ),
    (
        &["features"],
        "the package declares `[features]`; the course builds every package in one way",
        "remove `[features]`, and use always what was behind a feature",
    ),
    (
        &["cargo-features"],
        "`cargo-features` needs a nightly cargo",
        "remove `cargo-features`",
    ),
];

/// Refuse what a package of this course has no use for.
pub(super) fn refuse(manifest: &DeTable<'_>, problems: &mut Problems<'_>) {
    for (names, problem, remedy) in REFUSED_SECTIONS {
        for name in names {
            if let Some((at, value)) = entry(manifest, name)
                && !is_empty(value)
            {
                problems.at(at, problem, remedy);
            }
        }
    }
    if let Some((at, lints)) = entry(manifest, "lints")
        && lints.get("workspace").is_some()
    {
        problems.inherited(at, "lints");
    }
    let Some((_, DeValue::Table(platforms))) = entry(manifest, "target") else {
        return;
    };
    for (platform, table) in platforms {
        for name in ["dependencies", "build-dependencies", "build_dependencies"] {
            if table
                .get_ref()
                .get(name)
                .is_some_and(|value| !is_empty(value.get_ref()))
            {
                problems.at(
                    platform.span().start,
                    format!(
                        "`[target.….{name}]` lists crates for {} alone",
                        quote(platform.get_ref())
                    ),
                    "list them under `[dependencies]`",
                );
            }
        }
    }
}

/// Where the `[package]` section stands, and the section, if this is the manifest of one package.
pub(super) fn package<'a, 'i>(
    manifest: &'a DeTable<'i>,
    problems: &mut Problems<'_>,
) -> Option<(usize, &'a DeTable<'i>)> {
    let workspace = entry(manifest, "workspace");
    let package = entry(manifest, "package");
    if let (Some((at, _)), None) = (workspace, package) {
        problems.at(
            at,
            "this is the `Cargo.toml` of a workspace, not of a package",
            "hand in the folder of the one package that holds your program",
        );
        return None;
    }
    if let Some((at, _)) = workspace {
        problems.at(
            at,
            "the package is the root of a workspace",
            "remove `[workspace]`; if cargo asks for it, move the package out of the other one's folder",
        );
    }
    match package {
        Some((at, DeValue::Table(table))) => Some((at, table)),
        Some((at, _)) => {
            problems.at(
                at,
                "`package` is not a section",
                "start the file with `[package]`",
            );
            None
        }
        None => {
            let (at, problem) = match entry(manifest, "project") {
                Some((at, _)) => (at, "`[project]` is the old name of `[package]`"),
                None => (0, "there is no `[package]` section"),
            };
            problems.at(
                at,
                problem,
                "start the file with `[package]`, and below it `name` and `edition`, as `cargo new` does",
            );
            None
        }
    }
}
