//! Find the library, and what holds for every target: its keys, and that its path stays inside.
//!
//! A target that comes out is an existing file of the package. Never opens one.

use toml::de::{DeTable, DeValue};

use super::{
    Input,
    features::Features,
    model::Target,
    names,
    package::About,
    problems::{Problems, entry, quote},
};

const LIB: &str = "src/lib.rs";

/// What was found; `None` where nothing is, or where it was refused.
pub(super) struct Targets {
    pub(super) binary: Option<Target>,
    pub(super) library: Option<Target>,
}

/// Find the targets of the package that `about` describes.
pub(super) fn read(
    manifest: &DeTable<'_>,
    section: &DeTable<'_>,
    about: &About,
    features: &Features,
    input: &Input<'_>,
    problems: &mut Problems<'_>,
) -> Targets {
    let finder = Finder {
        about,
        features,
        exercise: input.exercise,
        files: input.files,
    };
    let library = finder.library(manifest, section, problems);
    Targets {
        binary: finder.binary(manifest, section, library.is_some(), problems),
        library,
    }
}

/// Looks for the targets of one package.
pub(super) struct Finder<'a> {
    pub(super) about: &'a About,
    pub(super) features: &'a Features,
    /// The exercise's name.
    pub(super) exercise: &'a str,
    pub(super) files: &'a [&'a str],
}

impl Finder<'_> {
    fn library(
        &self,
        manifest: &DeTable<'_>,
        section: &DeTable<'_>,
        problems: &mut Problems<'_>,
    ) -> Option<Target> {
        let auto = !matches!(problems.boolean(section, &["autolib"]), Some((_, false)));
        let found = self.files.contains(&LIB).then(|| LIB.to_owned());
        let default_name = self.about.name.replace('-', "_");
        let (at, table) = match entry(manifest, "lib") {
            None if !auto => return None,
            None => (self.about.name_at, None),
            Some((at, DeValue::Table(table))) => (at, Some(table)),
            Some((at, _)) => {
                problems.at(
                    at,
                    "`lib` is not a section",
                    "write `[lib]` with one bracket",
                );
                return None;
            }
        };
        let Some(table) = table else {
            let path = found?;
            if let Err(why) = names::library(&default_name) {
                bad_target(at, "library", &default_name, &why, problems);
            }
            return Some(Target {
                name: default_name,
                path,
            });
        };
        self.common_keys(table, "library", &["lib", "rlib"], problems);
        let name = if table.contains_key("name") {
            problems.string(table, "name")?.to_owned()
        } else {
            default_name
        };
        if let Err(why) = names::library(&name) {
            let at = entry(table, "name").map_or(at, |(at, _)| at);
            bad_target(at, "library", &name, &why, problems);
        }
        let path = if table.contains_key("path") {
            self.path(table, problems)?
        } else if let Some(path) = found {
            path
        } else {
            problems.at(
                at,
                "there is a `[lib]` section, but no `src/lib.rs`",
                "remove `[lib]`, or name the library's file with `path`",
            );
            return None;
        };
        Some(Target { name, path })
    }

    /// Keys of `[lib]` and `[[bin]]` that would make something else of it.
    pub(super) fn common_keys(
        &self,
        table: &DeTable<'_>,
        what: &str,
        crate_types: &[&str],
        problems: &mut Problems<'_>,
    ) {
        if let Some((at, true)) = problems.boolean(table, &["proc-macro", "proc_macro"]) {
            problems.at(
                at,
                format!("the {what} is a procedural macro, which would run inside the compiler"),
                "remove `proc-macro`; write macros with `macro_rules!`",
            );
        }
        for key in ["crate-type", "crate_type"] {
            for (at, kind) in problems.strings(table, key) {
                if !crate_types.contains(&kind) {
                    problems.at(
                        at,
                        format!("the {what} has the crate type {}", quote(kind)),
                        format!("remove `{key}`"),
                    );
                }
            }
        }
        let edition = self.about.edition;
        if let Some(other) = problems.string(table, "edition")
            && other != edition.as_str()
            && let Some((at, _)) = entry(table, "edition")
        {
            problems.at(
                at,
                format!("the {what} has an edition of its own, {}", quote(other)),
                "remove it; the package's edition holds for all",
            );
        }
    }

    /// The file that `path` in `table` names, as the submission's list spells it.
    pub(super) fn path(&self, table: &DeTable<'_>, problems: &mut Problems<'_>) -> Option<String> {
        let written = problems.string(table, "path")?;
        let (at, _) = entry(table, "path")?;
        let problem = match inside(written) {
            Ok(path) if self.files.contains(&path.as_str()) => return Some(path),
            Ok(_) => "is not a file of the submission",
            Err(why) => why,
        };
        problems.at(
            at,
            format!("the path {} {problem}", quote(written)),
            "name a file inside the package, such as `path = \"src/main.rs\"`",
        );
        None
    }
}

/// `path` without `.` and doubled `/`, if it stays in the package. A `\` separates folders, as in cargo on
/// Windows: no file of a private copy has one in its name.
fn inside(path: &str) -> Result<String, &'static str> {
    let path = path.replace('\\', "/");
    if path.starts_with('/') {
        return Err("is absolute");
    }
    if path.contains(char::is_control) {
        return Err("has a control character");
    }
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    if parts.contains(&"..") {
        return Err("has `..`, which leads out of a folder");
    }
    Ok(parts.join("/"))
}

/// Refuse a target's name.
pub(super) fn bad_target(
    at: usize,
    what: &str,
    name: &str,
    why: &str,
    problems: &mut Problems<'_>,
) {
    let section = match what {
        "library" => "[lib]",
        _ => "[[bin]]",
    };
    problems.at(
        at,
        format!("the {what}'s name {} {why}", quote(name)),
        format!("rename the package, or give the {what} another `name` in `{section}`"),
    );
}
