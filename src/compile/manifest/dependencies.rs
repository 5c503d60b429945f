//! The `[dependencies]` section against the list of the course.
//!
//! Hides how a dependency may be spelled and where one may come from. What comes out are allowed crates,
//! at versions that the course has, each once. Never knows what a feature does.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Version, VersionReq};
use toml::de::{DeTable, DeValue};

use super::{
    model::Dependency,
    names,
    problems::{Problems, entry, inherits, quote},
};
use crate::course::AllowedCrate;

/// Keys that would take a crate from elsewhere or make something else of it, each with the words of the
/// refusal.
const REFUSED_KEYS: [(&str, &str); 8] = [
    ("git", "comes from a git repository"),
    ("path", "comes from a folder"),
    ("base", "comes from a folder"),
    ("registry", "comes from another registry"),
    ("registry-index", "comes from another registry"),
    ("artifact", "is asked for as an artifact"),
    ("target", "is built for another platform"),
    ("lib", "is asked for as an artifact"),
];

/// Read `[dependencies]`, in the order of the names in `use`.
pub(super) fn read(
    manifest: &DeTable<'_>,
    allowed: &BTreeMap<String, AllowedCrate>,
    locked: &BTreeMap<String, Version>,
    problems: &mut Problems<'_>,
) -> Vec<Dependency> {
    let table = match entry(manifest, "dependencies") {
        None => return Vec::new(),
        Some((_, DeValue::Table(table))) => table,
        Some((at, _)) => {
            problems.at(
                at,
                "`dependencies` is not a section",
                "list crates below `[dependencies]`, such as `rayon = \"1\"`",
            );
            return Vec::new();
        }
    };
    let course = Course { allowed, locked };
    let mut by_name: BTreeMap<String, Dependency> = BTreeMap::new();
    let mut packages = BTreeSet::new();
    for (key, value) in table {
        let (at, key) = (key.span().start, key.get_ref());
        let Some(asked) = course.dependency(at, key, value.get_ref(), problems) else {
            continue;
        };
        if !packages.insert(asked.package.clone()) {
            problems.at(
                at,
                format!("the crate {} is listed twice", quote(&asked.package)),
                "keep one of the two",
            );
        } else if by_name.contains_key(&asked.extern_name) {
            problems.at(
                at,
                format!(
                    "two dependencies are called {} in `use`",
                    quote(&asked.extern_name)
                ),
                "give one of them another name",
            );
        } else {
            by_name.insert(asked.extern_name.clone(), asked);
        }
    }
    by_name.into_values().collect()
}

struct Course<'a> {
    allowed: &'a BTreeMap<String, AllowedCrate>,
    locked: &'a BTreeMap<String, Version>,
}

impl Course<'_> {
    /// One line of the section; `None` if the crate could not be used.
    fn dependency(
        &self,
        at: usize,
        key: &str,
        value: &DeValue<'_>,
        problems: &mut Problems<'_>,
    ) -> Option<Dependency> {
        let empty = DeTable::new();
        let (version, table) = match value {
            DeValue::String(version) => (Some(&**version), &empty),
            DeValue::Table(_) if inherits(value) => {
                problems.inherited(at, key);
                return None;
            }
            DeValue::Table(table) => (problems.string(table, "version"), table),
            _ => {
                problems.at(
                    at,
                    format!(
                        "the dependency {} has neither a version in quotes nor a table",
                        quote(key)
                    ),
                    format!("write its version, {}", self.example(key)),
                );
                return None;
            }
        };
        let package = if table.contains_key("package") {
            problems.string(table, "package")?
        } else {
            key
        };
        if package != key
            && let Err(why) = names::in_use(key)
        {
            problems.at(
                at,
                format!("the dependency's name {} {why}", quote(key)),
                "give it another name",
            );
            return None;
        }
        let is_refused = self.refused_keys(table, key, package, problems);
        if !self.allowed.contains_key(package) {
            self.not_allowed(at, package, problems);
            return None;
        }
        match version {
            Some(version) => self.check_version(at, table, package, version, problems),
            None if is_refused || table.contains_key("version") => {}
            None => problems.at(
                at,
                format!("the dependency {} has no version", quote(key)),
                format!("add its version, {}", self.example(package)),
            ),
        }
        let default_features = problems
            .boolean(table, &["default-features", "default_features"])
            .is_none_or(|(_, on)| on);
        Some(Dependency {
            extern_name: key.replace('-', "_"),
            package: package.to_owned(),
            features: features(table, key, problems),
            default_features,
            line: problems.line(at),
        })
    }

    /// Whether the crate is to come from elsewhere, or in another form.
    fn refused_keys(
        &self,
        table: &DeTable<'_>,
        key: &str,
        package: &str,
        problems: &mut Problems<'_>,
    ) -> bool {
        let mut any = false;
        for (name, what) in REFUSED_KEYS {
            if let Some((at, _)) = entry(table, name) {
                any = true;
                problems.at(
                    at,
                    format!("the dependency {} {what} (`{name}`)", quote(key)),
                    format!(
                        "this course takes crates by their version alone, {}",
                        self.example(package)
                    ),
                );
            }
        }
        if let Some((at, true)) = problems.boolean(table, &["optional"]) {
            problems.at(
                at,
                format!("the dependency {} is optional, but this course builds every package in one way", quote(key)),
                "remove `optional`",
            );
        }
        any
    }

    fn check_version(
        &self,
        at: usize,
        table: &DeTable<'_>,
        package: &str,
        version: &str,
        problems: &mut Problems<'_>,
    ) {
        let at = entry(table, "version").map_or(at, |(at, _)| at);
        let remedy = format!(
            "write the version that the course has, {}",
            self.example(package)
        );
        match (VersionReq::parse(version), self.locked.get(package)) {
            (Err(error), _) => problems.at(
                at,
                format!("{} is not a version requirement: {error}", quote(version)),
                remedy,
            ),
            (Ok(wanted), Some(has)) if !wanted.matches(has) => problems.at(
                at,
                format!(
                    "the package asks for {} {}; this course has {has}",
                    quote(package),
                    quote(version)
                ),
                remedy,
            ),
            _ => {}
        }
    }

    fn not_allowed(&self, at: usize, package: &str, problems: &mut Problems<'_>) {
        let nearest = self
            .allowed
            .keys()
            .map(|known| (strsim::damerau_levenshtein(known, package), known))
            .filter(|(distance, known)| *distance <= known.len() / 3)
            .min();
        let remedy = match nearest {
            Some((_, known)) => format!("{}; did you mean `{known}`?", self.list()),
            None => self.list(),
        };
        problems.at(
            at,
            format!(
                "the crate {} is not one that this course allows",
                quote(package)
            ),
            remedy,
        );
    }

    /// The allowed crates, as a sentence.
    fn list(&self) -> String {
        if self.allowed.is_empty() {
            return "use the standard library; this course allows no crate".into();
        }
        let names: Vec<&str> = self.allowed.keys().map(String::as_str).collect();
        format!("use the standard library or one of {}", names.join(", "))
    }

    /// How a student may write `package`, or else any crate.
    fn example(&self, package: &str) -> String {
        let known = self.locked.get_key_value(package);
        match known.or_else(|| self.locked.first_key_value()) {
            Some((name, version)) => format!("such as `{name} = \"{version}\"`"),
            None => "such as `rayon = \"1\"`".into(),
        }
    }
}

fn features(table: &DeTable<'_>, key: &str, problems: &mut Problems<'_>) -> Vec<String> {
    let mut features = Vec::new();
    for (at, feature) in problems.strings(table, "features") {
        if names::is_feature(feature) {
            features.push(feature.to_owned());
        } else {
            problems.at(
                at,
                format!(
                    "{} is not a feature that the dependency {} can have",
                    quote(feature),
                    quote(key)
                ),
                "write one that its documentation lists, or remove it",
            );
        }
    }
    features
}
