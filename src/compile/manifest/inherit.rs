//! Fill in what a member takes from its workspace: keys of `[package]`, and dependencies.
//!
//! Hides cargo's rules of inheritance. What comes out is a manifest that stands alone, in which a value from
//! the workspace has the place of the key that asks for it, so that a problem with it names a line of the
//! package's own file. Never follows a path, and copies a bounded number of values: a hostile member could
//! ask for one large value very often.

use std::{borrow::Cow, ops::Range};

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::problems::{Problems, entry, inherits, quote};

/// The most values, with those inside of them, that one package takes from its workspace; 16 bytes of a text
/// count as one.
const MOST_VALUES: usize = 10_000;

/// The keys of `[package]` that a workspace may give.
const KEYS: [&str; 16] = [
    "authors",
    "categories",
    "description",
    "documentation",
    "edition",
    "exclude",
    "homepage",
    "include",
    "keywords",
    "license",
    "license-file",
    "publish",
    "readme",
    "repository",
    "rust-version",
    "version",
];

const HAND_IN: &str = "hand in the workspace's folder, or write the value here";

/// `manifest` with the values that it takes from `workspace`, or from the workspace of which it is the root.
pub(super) fn fill<'t>(
    manifest: &DeTable<'t>,
    workspace: Option<&DeTable<'t>>,
    problems: &mut Problems<'_>,
) -> DeTable<'t> {
    let mut filled = manifest.clone();
    let root = if manifest.contains_key("workspace") {
        Some(manifest)
    } else {
        workspace
    };
    let mut source = Source {
        workspace: root.and_then(|root| root.get("workspace")?.get_ref().as_table()),
        left: MOST_VALUES,
    };
    if let Some(package) = filled.get_mut("package").and_then(table_mut) {
        source.package(package, problems);
    }
    if let Some(dependencies) = filled.get_mut("dependencies").and_then(table_mut) {
        source.dependencies(dependencies, problems);
    }
    let platforms = filled.get_mut("target").and_then(table_mut);
    for (_, platform) in platforms.into_iter().flat_map(|table| table.iter_mut()) {
        let platform = table_mut(platform);
        if let Some(dependencies) = platform
            .and_then(|platform| platform.get_mut("dependencies"))
            .and_then(table_mut)
        {
            source.dependencies(dependencies, problems);
        }
    }
    filled
}

fn table_mut<'a, 't>(value: &'a mut Spanned<DeValue<'t>>) -> Option<&'a mut DeTable<'t>> {
    match value.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// Where values are taken from.
struct Source<'w, 't> {
    /// The section `[workspace]`.
    workspace: Option<&'w DeTable<'t>>,
    /// How many values may still be copied.
    left: usize,
}

impl<'t> Source<'_, 't> {
    fn package(&mut self, package: &mut DeTable<'t>, problems: &mut Problems<'_>) {
        for key in KEYS {
            let Some((at, value)) = entry(package, key) else {
                continue;
            };
            if !inherits(value) {
                continue;
            }
            let span = at..at;
            let given = self.workspace.and_then(|workspace| {
                let (_, given) = entry(workspace, "package")?;
                given.get(key)
            });
            match (given, self.workspace) {
                (Some(given), _) => {
                    let copy = self.copy(given.get_ref(), &span, problems);
                    if let Some(value) = package.get_mut(key) {
                        *value = copy;
                    }
                }
                (None, Some(_)) => {
                    problems.at(
                        at,
                        format!(
                            "{} is inherited, but `[workspace.package]` does not have it",
                            quote(key)
                        ),
                        "write its value here",
                    );
                    package.remove(key);
                }
                (None, None) => {
                    // Without any other of these keys, the program is the same.
                    if key == "edition" {
                        absent(at, key, problems);
                    }
                    package.remove(key);
                }
            }
        }
    }

    fn dependencies(&mut self, dependencies: &mut DeTable<'t>, problems: &mut Problems<'_>) {
        let inheriting: Vec<String> = dependencies
            .iter()
            .filter(|(_, value)| inherits(value.get_ref()))
            .map(|(key, _)| key.get_ref().to_string())
            .collect();
        for key in inheriting {
            let at = entry(dependencies, &key).map_or(0, |(at, _)| at);
            let given = self.workspace.and_then(|workspace| {
                let (_, given) = entry(workspace, "dependencies")?;
                given.get(key.as_str())
            });
            let Some(given) = given else {
                match self.workspace {
                    None => absent(at, &key, problems),
                    Some(_) => problems.at(
                        at,
                        format!(
                            "{} is inherited, but `[workspace.dependencies]` does not have it",
                            quote(&key)
                        ),
                        "write its version here",
                    ),
                }
                dependencies.remove(key.as_str());
                continue;
            };
            let base = self.copy(given.get_ref(), &(at..at), problems);
            if let Some(value) = dependencies.get_mut(key.as_str()) {
                let own = std::mem::replace(value, base);
                if let DeValue::Table(own) = own.into_inner() {
                    join(value, own, at);
                }
            }
        }
    }

    /// A value of the workspace as if it stood at `span`.
    fn copy(
        &mut self,
        value: &DeValue<'t>,
        span: &Range<usize>,
        problems: &mut Problems<'_>,
    ) -> Spanned<DeValue<'t>> {
        // A long text counts as many.
        let cost = 1 + value.as_str().map_or(0, str::len) / 16;
        let Some(left) = self.left.checked_sub(cost) else {
            self.left = 0;
            problems.nowhere(
                "the package takes too many values from its workspace",
                "write the values in the package itself",
            );
            return Spanned::new(span.clone(), DeValue::Boolean(false));
        };
        self.left = left;
        let copy = match value {
            DeValue::Table(table) => {
                let mut copy = DeTable::new();
                for (key, value) in table {
                    let value = self.copy(value.get_ref(), span, problems);
                    copy.insert(Spanned::new(span.clone(), key.get_ref().clone()), value);
                }
                DeValue::Table(copy)
            }
            DeValue::Array(array) => {
                let mut copy = DeArray::new();
                for value in array {
                    copy.push(self.copy(value.get_ref(), span, problems));
                }
                DeValue::Array(copy)
            }
            plain => plain.clone(),
        };
        Spanned::new(span.clone(), copy)
    }
}

/// Add to an inherited dependency what the member says of it: `optional`, more features, and default features
/// where the workspace has them off.
fn join<'t>(base: &mut Spanned<DeValue<'t>>, own: DeTable<'t>, at: usize) {
    let spanned = |value| Spanned::new(at..at, value);
    if let DeValue::String(version) = base.get_ref() {
        let mut table = DeTable::new();
        table.insert(
            Spanned::new(at..at, Cow::Borrowed("version")),
            spanned(DeValue::String(version.clone())),
        );
        *base = spanned(DeValue::Table(table));
    }
    let Some(base) = table_mut(base) else {
        return;
    };
    for (key, value) in own {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("features", DeValue::Array(more)) => {
                match base.get_mut("features").map(Spanned::get_mut) {
                    Some(DeValue::Array(features)) => {
                        for feature in more {
                            features.push(feature.clone());
                        }
                    }
                    _ => {
                        base.insert(key, value);
                    }
                }
            }
            ("default-features" | "default_features", DeValue::Boolean(false))
            | ("workspace", _) => {}
            ("default-features" | "default_features", DeValue::Boolean(true)) => {
                base.remove("default_features");
                base.insert(
                    Spanned::new(at..at, Cow::Borrowed("default-features")),
                    value,
                );
            }
            _ => {
                base.insert(key, value);
            }
        }
    }
}

fn absent(at: usize, key: &str, problems: &mut Problems<'_>) {
    problems.at(
        at,
        format!(
            "{} is inherited from a workspace, whose `Cargo.toml` is not in what was handed in",
            quote(key)
        ),
        HAND_IN,
    );
}
