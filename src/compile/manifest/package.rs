//! The `[package]` section: name, version, edition, and what the program may ask about itself.
//!
//! Hides defaults and spellings. Never reads targets or dependencies.

use semver::Version;
use toml::de::{DeTable, DeValue};

use super::{
    Input,
    dependencies::Dependencies,
    model::{Edition, Package, Target},
    names,
    problems::{Problems, entry, quote},
};

/// The `[package]` section, read. A value that was refused has a stand-in, so that reading can go on.
pub(super) struct About {
    pub(super) name: String,
    /// Where the name stands.
    pub(super) name_at: usize,
    pub(super) edition: Edition,
    version: Version,
    authors: String,
    description: String,
    homepage: String,
    repository: String,
    license: String,
    license_file: String,
    readme: String,
    rust_version: String,
}

impl About {
    /// The package, with what stands in the other sections.
    pub(super) fn into_package(
        self,
        binary: Target,
        library: Option<Target>,
        dependencies: Dependencies,
        notes: Vec<String>,
    ) -> Package {
        let Dependencies { used, features } = dependencies;
        Package {
            name: self.name,
            version: self.version,
            edition: self.edition,
            binary,
            library,
            dependencies: used,
            features: features.enabled.into_iter().collect(),
            declared_features: features.declared,
            notes,
            authors: self.authors,
            description: self.description,
            homepage: self.homepage,
            repository: self.repository,
            license: self.license,
            license_file: self.license_file,
            readme: self.readme,
            rust_version: self.rust_version,
        }
    }
}

/// Read `section`, the table of `[package]`, which starts at `section_at`.
pub(super) fn read(
    section_at: usize,
    section: &DeTable<'_>,
    input: &Input<'_>,
    problems: &mut Problems<'_>,
) -> About {
    let files = input.files;
    refused_keys(section, files, problems);
    let (name_at, name) = name(section_at, section, problems);
    About {
        name,
        name_at,
        edition: edition(section, problems),
        version: version(section, problems),
        authors: authors(section, problems),
        description: text(section, "description", problems),
        homepage: text(section, "homepage", problems),
        repository: text(section, "repository", problems),
        license: text(section, "license", problems),
        license_file: text(section, "license-file", problems),
        readme: readme(section, files, problems),
        rust_version: rust_version(section, input.course.compiler, problems),
    }
}

/// Keys that would run code at build time or reach out of the package.
fn refused_keys(section: &DeTable<'_>, files: &[&str], problems: &mut Problems<'_>) {
    const NO_SCRIPT: &str = "remove it, and do its work in the program";
    match entry(section, "build") {
        Some((_, DeValue::Boolean(false))) => {}
        Some((at, _)) => problems.at(
            at,
            "the package has a build script, which this course does not run",
            NO_SCRIPT,
        ),
        None if files.contains(&"build.rs") => problems.at_file(
            "build.rs",
            "`build.rs` is a build script, which this course does not run",
            NO_SCRIPT,
        ),
        None => {}
    }
    if let Some((at, _)) = entry(section, "links") {
        problems.at(
            at,
            "`links` is for packages that bind a native library",
            "remove `links`",
        );
    }
}

/// The name and where it stands.
fn name(section_at: usize, section: &DeTable<'_>, problems: &mut Problems<'_>) -> (usize, String) {
    // Fit for targets named after it, so that one mistake is reported once.
    const STAND_IN: &str = "package";
    let at = entry(section, "name").map(|(at, _)| at);
    match (at, problems.string(section, "name")) {
        (Some(at), Some(name)) => match names::package(name) {
            Ok(()) => (at, name.to_owned()),
            Err(why) => {
                problems.at(
                    at,
                    format!("the package's name {} {why}", quote(name)),
                    "give the package a name such as `sum-of-products`",
                );
                (at, STAND_IN.into())
            }
        },
        (Some(at), None) => (at, STAND_IN.into()),
        (None, _) => {
            problems.at(
                section_at,
                "the package has no name",
                "write a name such as `name = \"sum-of-products\"` below `[package]`",
            );
            (section_at, STAND_IN.into())
        }
    }
}

/// As cargo, which takes the oldest edition where none is written.
fn edition(section: &DeTable<'_>, problems: &mut Problems<'_>) -> Edition {
    let Some((at, _)) = entry(section, "edition") else {
        problems.note("the package has no `edition`, so it is compiled as Rust 2015".into());
        return Edition::E2015;
    };
    let Some(text) = problems.string(section, "edition") else {
        return Edition::E2024;
    };
    let known = Edition::ALL.into_iter();
    known
        .clone()
        .find(|known| known.as_str() == text)
        .unwrap_or_else(|| {
            let known: Vec<_> = known.map(Edition::as_str).collect();
            problems.at(
                at,
                format!(
                    "the package's edition is {}; the compiler knows {}",
                    quote(text),
                    known.join(", ")
                ),
                "write `edition = \"2024\"` below `[package]`",
            );
            Edition::E2024
        })
}

fn version(section: &DeTable<'_>, problems: &mut Problems<'_>) -> Version {
    let none = Version::new(0, 0, 0);
    let (Some((at, _)), Some(text)) = (
        entry(section, "version"),
        problems.string(section, "version"),
    ) else {
        return none;
    };
    text.trim().parse().unwrap_or_else(|error| {
        problems.at(
            at,
            format!("{} is not a version: {error}", quote(text)),
            "write one such as `version = \"0.1.0\"`",
        );
        none
    })
}

/// A text that becomes a variable, empty if absent.
fn text(section: &DeTable<'_>, key: &str, problems: &mut Problems<'_>) -> String {
    let text = problems.string(section, key).unwrap_or_default();
    if let Some((at, _)) = entry(section, key) {
        check_variable(at, key, text, problems);
    }
    text.to_owned()
}

/// The system takes no variable with a NUL in it.
fn check_variable(at: usize, key: &str, text: &str, problems: &mut Problems<'_>) {
    if text.contains('\0') {
        problems.at(
            at,
            format!("the text of `{key}` has the character `\\0`"),
            "remove that character",
        );
    }
}

fn authors(section: &DeTable<'_>, problems: &mut Problems<'_>) -> String {
    let authors = problems.strings(section, "authors");
    for (at, author) in &authors {
        check_variable(*at, "authors", author, problems);
    }
    let authors: Vec<&str> = authors.into_iter().map(|(_, author)| author).collect();
    authors.join(":")
}

/// As cargo finds it: named, or one of the usual files.
fn readme(section: &DeTable<'_>, files: &[&str], problems: &mut Problems<'_>) -> String {
    match entry(section, "readme") {
        Some((_, DeValue::Boolean(false))) => String::new(),
        Some((_, DeValue::Boolean(true))) => "README.md".into(),
        Some(_) => text(section, "readme", problems),
        None => ["README.md", "README.txt", "README"]
            .into_iter()
            .find(|name| files.contains(name))
            .unwrap_or_default()
            .into(),
    }
}

fn rust_version(section: &DeTable<'_>, compiler: &Version, problems: &mut Problems<'_>) -> String {
    let (Some((at, _)), Some(text)) = (
        entry(section, "rust-version"),
        problems.string(section, "rust-version"),
    ) else {
        return String::new();
    };
    match bare_version(text) {
        None => problems.at(
            at,
            format!("`rust-version` is {}, not a version of Rust", quote(text)),
            "write two or three numbers such as `rust-version = \"1.85\"`, or remove it",
        ),
        Some(asked) if asked > [compiler.major, compiler.minor, compiler.patch] => problems.at(
            at,
            format!(
                "the package asks for Rust {}; this course has {compiler}",
                quote(text)
            ),
            "remove `rust-version`, or lower it",
        ),
        Some(_) => {}
    }
    text.to_owned()
}

/// One to three numbers with dots between; what is left out is 0.
fn bare_version(text: &str) -> Option<[u64; 3]> {
    let mut version = [0; 3];
    let parts: Vec<&str> = text.split('.').collect();
    for (index, part) in parts.iter().enumerate() {
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        *version.get_mut(index)? = part.parse().ok().filter(|_| digits)?;
    }
    Some(version)
}
