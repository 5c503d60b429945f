//! Which sections a manifest may have beside those that are read.
//!
//! Hides the lists. Never reads `[package]`, `[dependencies]` or a target.

use toml::de::{DeTable, DeValue};

use super::{
    model::Dependency,
    problems::{Problems, entry, is_empty, quote},
};
use ids::words::within_backticks;

/// Keys of a profile that change what a program does, and not only how fast.
const BEHAVIOUR: [&str; 3] = ["debug-assertions", "overflow-checks", "panic"];

/// Refuse what would change a crate of the course, or needs another compiler. `root` is the manifest whose
/// sections of that kind cargo obeys: the workspace's, or the package's own. `used` are the package's
/// dependencies.
pub(super) fn refuse(
    manifest: &DeTable<'_>,
    root: &DeTable<'_>,
    used: &[Dependency],
    problems: &mut Problems<'_>,
) {
    if let Some((at, value)) = entry(manifest, "cargo-features")
        && !is_empty(value)
    {
        problems.at(
            at,
            "`cargo-features` needs a nightly cargo",
            "remove `cargo-features`",
        );
    }
    let is_own = std::ptr::eq(manifest, root);
    for (section, name) in replaced(root) {
        if !used.iter().any(|dependency| dependency.package == name) {
            continue;
        }
        let problem = format!(
            "`[{section}]` replaces the crate {} by another",
            quote(name)
        );
        let remedy = format!("remove `[{section}]`; the course fixes every crate and its version");
        match entry(root, section) {
            Some((at, _)) if is_own => problems.at(at, problem, remedy),
            _ => problems.nowhere(format!("the workspace's {problem}"), remedy),
        }
    }
}

/// The packages that `[patch]` and `[replace]` replace, each with its section.
fn replaced<'a>(root: &'a DeTable<'_>) -> Vec<(&'static str, &'a str)> {
    let mut replaced = Vec::new();
    let sources = entry(root, "patch").and_then(|(_, patch)| patch.as_table());
    for source in sources.into_iter().flat_map(|sources| sources.values()) {
        let crates = source.get_ref().as_table().into_iter().flatten();
        replaced.extend(crates.map(|(key, value)| {
            let renamed = value.get_ref().get("package");
            let name = renamed.and_then(|name| name.get_ref().as_str());
            ("patch", name.unwrap_or(key.get_ref()))
        }));
    }
    let specs = entry(root, "replace").and_then(|(_, replace)| replace.as_table());
    for (spec, _) in specs.into_iter().flatten() {
        // `rayon:1.11.0`, or `rayon@1.11.0`, after an address and a `#`, or not.
        let spec: &str = spec.get_ref();
        let spec = spec.rsplit('#').next().unwrap_or(spec);
        let name = spec.split([':', '@']).next().unwrap_or(spec);
        replaced.push(("replace", name));
    }
    replaced
}

/// Note the parts of `[profile]` that would change what the program does.
pub(super) fn note_profiles(root: &DeTable<'_>, problems: &mut Problems<'_>) {
    for name in ["dev", "release"] {
        let profiles = entry(root, "profile").and_then(|(_, profiles)| profiles.as_table());
        let profile = profiles.and_then(|profiles| profiles.get(name)?.get_ref().as_table());
        for key in BEHAVIOUR {
            if profile.is_some_and(|profile| profile.contains_key(key)) {
                problems.note(format!("`{key}` of `[profile.{name}]` has no effect"));
            }
        }
    }
}

/// Note a section that cargo does not know, and whose name is nearly that of the dependencies.
pub(super) fn note_mistyped(manifest: &DeTable<'_>, problems: &mut Problems<'_>) {
    /// How many letters of the name may be wrong.
    const WRONG: usize = 3;
    const NAME: &str = "dependencies";
    for (key, value) in manifest {
        let key: &str = key.get_ref();
        let is_near = (1..=WRONG).contains(&strsim::damerau_levenshtein(key, NAME));
        if is_near && value.get_ref().is_table() {
            problems.note(format!(
                "the section `[{}]` of `Cargo.toml` has no effect: the name is `[{NAME}]`",
                within_backticks(key)
            ));
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
            "put the one package that holds your program into a folder with the exercise's name",
        );
        return None;
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
