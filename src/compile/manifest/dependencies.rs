//! The `[dependencies]` section against the list of the course.
//!
//! Hides how a dependency may be spelled, for which platform it is listed, and where one may come from. What
//! comes out are allowed crates that the program uses, at versions that the course has, each once. Never knows
//! what a feature does.

use std::collections::BTreeMap;

use semver::{Comparator, Op, Version, VersionReq};
use toml::de::{DeTable, DeValue};

use super::{
    Course,
    features::{self, Features},
    model::{Dependency, Written},
    names, platforms,
    problems::{Problems, entry, inherits, quote},
};
use ids::words::within_backticks;

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

/// The longest line that a remedy tells.
const LONGEST_LINE: usize = 300;

/// The dependencies, and what decides which of them are used.
pub(super) struct Dependencies {
    /// Those that are used, in the order of the names in `use`.
    pub(super) used: Vec<Dependency>,
    pub(super) features: Features,
}

/// One entry of a section of dependencies for this platform.
struct Listed<'a> {
    at: usize,
    key: &'a str,
    value: &'a DeValue<'a>,
    is_optional: bool,
}

/// Read `[features]` and the dependencies for this platform. One that is optional and not asked for is not
/// built, so it may be anything.
pub(super) fn read(
    manifest: &DeTable<'_>,
    course: Course<'_>,
    problems: &mut Problems<'_>,
) -> Dependencies {
    let mut listed = Vec::new();
    list(manifest, &mut listed, problems);
    if let Some((_, DeValue::Table(platforms))) = entry(manifest, "target") {
        for (platform, table) in platforms {
            let Some(table) = table.get_ref().as_table() else {
                continue;
            };
            if !table
                .get("dependencies")
                .is_some_and(|list| is_some(list.get_ref()))
            {
                continue;
            }
            match platforms::is_host(platform.get_ref(), course.host) {
                Some(true) => list(table, &mut listed, problems),
                Some(false) => {}
                None => problems.at(
                    platform.span().start,
                    format!(
                        "`[target.….dependencies]` lists crates for {}, and it is not known whether the course builds for that",
                        quote(platform.get_ref())
                    ),
                    "list them under `[dependencies]`",
                ),
            }
        }
    }
    let mut names = BTreeMap::new();
    for one in &listed {
        *names.entry(one.key).or_insert(true) &= one.is_optional;
    }
    let features = features::read(manifest, &names, problems);
    let mut by_name: BTreeMap<String, Dependency> = BTreeMap::new();
    let mut packages: BTreeMap<String, &str> = BTreeMap::new();
    for one in listed {
        let Listed { at, key, .. } = one;
        if one.is_optional && !features.has_dependency(key) {
            continue;
        }
        let Some(mut asked) = course.dependency(&one, problems) else {
            continue;
        };
        for feature in features.asked_of(key) {
            if !asked.features.contains(feature) {
                asked.features.push(feature.clone());
            }
        }
        if packages
            .get(&asked.package)
            .is_some_and(|known| *known != key)
        {
            problems.at(
                at,
                format!("the crate {} is listed twice", quote(&asked.package)),
                "keep one of the two",
            );
            continue;
        }
        packages.insert(asked.package.clone(), key);
        match by_name.get_mut(&asked.extern_name) {
            Some(known) if known.package == asked.package => {
                // Once for every platform and once for this one: both count.
                let more = asked.features.into_iter();
                let more: Vec<_> = more.filter(|name| !known.features.contains(name)).collect();
                known.features.extend(more);
                known.default_features |= asked.default_features;
            }
            Some(_) => problems.at(
                at,
                format!(
                    "two dependencies are called {} in `use`",
                    quote(&asked.extern_name)
                ),
                "give one of them another name",
            ),
            None => {
                by_name.insert(asked.extern_name.clone(), asked);
            }
        }
    }
    Dependencies {
        used: by_name.into_values().collect(),
        features,
    }
}

fn is_some(value: &DeValue<'_>) -> bool {
    !matches!(value, DeValue::Table(table) if table.is_empty())
}

/// The entries of `dependencies` in `table`.
fn list<'a>(table: &'a DeTable<'a>, listed: &mut Vec<Listed<'a>>, problems: &mut Problems<'_>) {
    let table = match entry(table, "dependencies") {
        None => return,
        Some((_, DeValue::Table(table))) => table,
        Some((at, _)) => {
            return problems.at(
                at,
                "`dependencies` is not a section",
                "list crates below `[dependencies]`, such as `rayon = \"1\"`",
            );
        }
    };
    for (key, value) in table {
        let value = value.get_ref();
        let optional = value
            .as_table()
            .and_then(|table| problems.boolean(table, &["optional"]));
        listed.push(Listed {
            at: key.span().start,
            key: key.get_ref(),
            value,
            is_optional: matches!(optional, Some((_, true))),
        });
    }
}

impl Course<'_> {
    /// One entry of the section; `None` if the crate could not be used.
    fn dependency(&self, listed: &Listed<'_>, problems: &mut Problems<'_>) -> Option<Dependency> {
        let Listed { at, key, value, .. } = *listed;
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
        let count = problems.count();
        let default_features = problems
            .boolean(table, &["default-features", "default_features"])
            .is_none_or(|(_, on)| on);
        let written = Written {
            key: key.to_owned(),
            package: package.to_owned(),
            features: features(table, key, problems),
            default_features,
            is_optional: listed.is_optional,
        };
        // What is wrong with the features is told by itself.
        let line = (problems.count() == count).then_some(&written);
        let is_refused = self.refused_keys(table, &written, line, problems);
        if !self.allowed.contains_key(package) {
            if !is_refused {
                self.not_allowed(at, package, problems);
            }
            return None;
        }
        match version {
            Some(version) => {
                let at = entry(table, "version").map_or(at, |(at, _)| at);
                self.check_version(at, &written, line, version, problems);
            }
            None if is_refused || table.contains_key("version") => {}
            None => problems.at(
                at,
                format!("the dependency {} has no version", quote(key)),
                format!("write {}", self.line(&written, line)),
            ),
        }
        Some(Dependency {
            extern_name: key.replace('-', "_"),
            package: package.to_owned(),
            features: written.features.clone(),
            default_features,
            line: problems.line(at),
            written,
        })
    }

    /// The line in backticks that asks for what the course has; a short one where the whole is too long.
    fn line(&self, written: &Written, line: Option<&Written>) -> String {
        let version = self.locked.get(&written.package);
        match (line, version) {
            (Some(line), Some(version)) => {
                let whole = line.line(&version.to_string());
                if whole.len() <= LONGEST_LINE {
                    return format!("`{}`", within_backticks(&whole));
                }
                format!("`version = \"{version}\"`, and leave the rest of the line as it is")
            }
            (None, Some(version)) => format!("`version = \"{version}\"`"),
            (_, None) => "a version such as `version = \"1\"`".into(),
        }
    }

    /// Whether the crate is to come from elsewhere, or in another form.
    fn refused_keys(
        &self,
        table: &DeTable<'_>,
        written: &Written,
        line: Option<&Written>,
        problems: &mut Problems<'_>,
    ) -> bool {
        let is_allowed = self.allowed.contains_key(&written.package);
        let mut any = false;
        for (name, what) in REFUSED_KEYS {
            if let Some((at, _)) = entry(table, name) {
                any = true;
                let remedy = if is_allowed {
                    format!(
                        "this course takes crates by their version alone: write {}",
                        self.line(written, line)
                    )
                } else if name == "path" {
                    "move its code into modules of this package, below `src`".into()
                } else {
                    format!("remove it; {}", self.list())
                };
                problems.at(
                    at,
                    format!("the dependency {} {what} (`{name}`)", quote(&written.key)),
                    remedy,
                );
            }
        }
        any
    }

    /// A version of the same compatible series is replaced by the course's, which is noted.
    fn check_version(
        &self,
        at: usize,
        written: &Written,
        line: Option<&Written>,
        version: &str,
        problems: &mut Problems<'_>,
    ) {
        let package = &written.package;
        match (VersionReq::parse(version), self.locked.get(package)) {
            (Err(error), _) => problems.at(
                at,
                format!("{} is not a version requirement: {error}", quote(version)),
                format!("write the course's, {}", self.line(written, line)),
            ),
            (Ok(wanted), Some(has)) if !wanted.matches(has) => {
                if is_same_series(&wanted, has) {
                    problems.note(format!(
                        "`{package}` is {has} instead of {}",
                        quote(version.trim())
                    ));
                    return;
                }
                problems.at(
                    at,
                    format!(
                        "the package asks for {} {}; this course has {has}",
                        quote(package),
                        quote(version)
                    ),
                    format!("write {}", self.line(written, line)),
                );
            }
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

/// Whether each part of a requirement that `has` does not meet names a version that is compatible with `has`:
/// of the same leftmost number that is not zero. Upper bounds are no such parts.
fn is_same_series(wanted: &VersionReq, has: &Version) -> bool {
    let is_near = |part: &Comparator| {
        let names_one = !matches!(part.op, Op::Less | Op::LessEq);
        let has_minor = part.minor == Some(has.minor);
        names_one
            && part.major == has.major
            && (has.major > 0 || has_minor && (has.minor > 0 || part.patch == Some(has.patch)))
    };
    wanted.comparators.iter().all(|part| {
        let alone = VersionReq {
            comparators: vec![part.clone()],
        };
        alone.matches(has) || is_near(part)
    })
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
