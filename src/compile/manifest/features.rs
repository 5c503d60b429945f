//! Which of the package's features are on when cargo is asked for none, and what they switch on.
//!
//! Hides cargo's four ways to write an entry: `x`, `dep:x`, `x/y` and `x?/y`, and the feature that an optional
//! dependency has without being asked. Never knows what a feature does, nor which crates are allowed.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};

use super::{
    names,
    problems::{Problems, entry, quote},
};

/// The features, with no option of cargo's given.
#[derive(Debug, Default)]
pub(super) struct Features {
    /// All that the package has, in the order of their names.
    pub(super) declared: Vec<String>,
    /// Those that are on.
    pub(super) enabled: BTreeSet<String>,
    /// The optional dependencies that are on.
    dependencies: BTreeSet<String>,
    /// Features of dependencies that are asked for beside those of the dependency's own line.
    asked: BTreeMap<String, BTreeSet<String>>,
}

impl Features {
    /// Whether an optional dependency is on.
    pub(super) fn has_dependency(&self, name: &str) -> bool {
        self.dependencies.contains(name)
    }

    /// The features that the package's features ask of a dependency.
    pub(super) fn asked_of(&self, name: &str) -> impl Iterator<Item = &String> {
        self.asked.get(name).into_iter().flatten()
    }
}

/// Read `[features]`. `dependencies` are the names of all dependencies, and whether each is optional.
pub(super) fn read(
    manifest: &DeTable<'_>,
    dependencies: &BTreeMap<&str, bool>,
    problems: &mut Problems<'_>,
) -> Features {
    let empty = DeTable::new();
    let table = match entry(manifest, "features") {
        None => &empty,
        Some((_, DeValue::Table(table))) => table,
        Some((at, _)) => {
            problems.at(
                at,
                "`features` is not a section",
                "write `[features]` with one bracket",
            );
            &empty
        }
    };
    let mut lists = BTreeMap::new();
    for (name, _) in table {
        let (at, name) = (name.span().start, name.get_ref().as_ref());
        if !names::is_feature(name) {
            problems.at(
                at,
                format!("{} is not a name that a feature can have", quote(name)),
                "use the letters a to z, digits, `-` and `_`",
            );
        }
        lists.insert(name, problems.strings(table, name));
    }
    // One entry `dep:x` anywhere, and the dependency has no feature of its own name.
    let mut implicit: BTreeSet<&str> = dependencies
        .iter()
        .filter(|(name, is_optional)| **is_optional && names::is_feature(name))
        .map(|(name, _)| *name)
        .collect();
    for (_, entry) in lists.values().flatten() {
        if let Some(name) = entry.strip_prefix("dep:") {
            implicit.remove(name);
        }
    }
    implicit.retain(|name| !lists.contains_key(name));
    let mut reader = Reader {
        lists: &lists,
        implicit: &implicit,
        dependencies,
        features: Features::default(),
        weak: Vec::new(),
    };
    if lists.contains_key("default") {
        reader.enable("default", problems);
    }
    reader.finish()
}

struct Reader<'a> {
    lists: &'a BTreeMap<&'a str, Vec<(usize, &'a str)>>,
    implicit: &'a BTreeSet<&'a str>,
    dependencies: &'a BTreeMap<&'a str, bool>,
    features: Features,
    /// Features of dependencies that are on only if something else switches the dependency on.
    weak: Vec<(String, String)>,
}

impl<'a> Reader<'a> {
    /// Switch on a feature of the package, and all that it switches on.
    fn enable(&mut self, first: &'a str, problems: &mut Problems<'_>) {
        let mut waiting = vec![first];
        while let Some(name) = waiting.pop() {
            if !self.features.enabled.insert(name.to_owned()) {
                continue;
            }
            if self.implicit.contains(name) {
                self.features.dependencies.insert(name.to_owned());
            }
            for (at, entry) in self.lists.get(name).into_iter().flatten() {
                waiting.extend(self.entry(*at, name, entry, problems));
            }
        }
    }

    /// One entry of a feature's list. Returns the feature of the package that it switches on.
    fn entry(
        &mut self,
        at: usize,
        of: &str,
        entry: &'a str,
        problems: &mut Problems<'_>,
    ) -> Option<&'a str> {
        let (name, feature) = match (entry.strip_prefix("dep:"), entry.split_once('/')) {
            (Some(name), _) => (name, None),
            (None, Some((name, feature))) => (name, Some(feature)),
            (None, None) if self.lists.contains_key(entry) || self.implicit.contains(entry) => {
                return Some(entry);
            }
            (None, None) => {
                problems.at(
                    at,
                    format!(
                        "the feature {} names {}, which is neither a feature nor an optional dependency",
                        quote(of),
                        quote(entry)
                    ),
                    "correct its name, or remove it",
                );
                return None;
            }
        };
        let (name, is_weak) = match name.strip_suffix('?') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let Some(&is_optional) = self.dependencies.get(name) else {
            problems.at(
                at,
                format!(
                    "the feature {} names the dependency {}, which is not listed",
                    quote(of),
                    quote(name)
                ),
                "correct its name, or remove it",
            );
            return None;
        };
        if let Some(feature) = feature {
            if !names::is_feature(feature) {
                problems.at(
                    at,
                    format!(
                        "{} is not a feature that a dependency can have",
                        quote(feature)
                    ),
                    "write one that its documentation lists, or remove it",
                );
                return None;
            }
            self.weak.push((name.to_owned(), feature.to_owned()));
        }
        if is_weak || !is_optional {
            return None;
        }
        self.features.dependencies.insert(name.to_owned());
        (feature.is_some() && self.implicit.contains(name)).then_some(name)
    }

    fn finish(self) -> Features {
        let mut features = self.features;
        let mut declared: BTreeSet<&str> = self.lists.keys().copied().collect();
        declared.extend(self.implicit);
        let declared = declared.into_iter().filter(|name| names::is_feature(name));
        features.declared = declared.map(str::to_owned).collect();
        for (name, feature) in self.weak {
            // A dependency that is off is not read, so what is asked of it does not matter.
            features.asked.entry(name).or_default().insert(feature);
        }
        features
    }
}
