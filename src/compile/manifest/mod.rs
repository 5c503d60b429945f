//! Read a submission's `Cargo.toml`: what rustc needs to know, or every reason to refuse it.
//!
//! cargo would obey the submission's configuration and run its build script, so the grader does not run it:
//! this module reads the file itself, finds targets as cargo does, and knows which crates the course allows.
//! It hides TOML and cargo's rules; what comes out are plain values that are safe in an argument or a
//! variable of rustc's (no control character, no path that leaves the package). Sections that cannot change
//! what is graded (`[profile]`, `[lints]`, tests, metadata, unknown keys) are passed over. What a workspace gives
//! its members is filled in first (`inherit`), so all other modules see a manifest that stands alone.
//!
//! It never runs anything and never touches the disk. It is no security boundary: the sandbox holds without
//! it.

mod dependencies;
mod features;
mod inherit;
pub(super) mod model;
mod names;
mod package;
mod platforms;
mod problems;
mod programs;
mod sections;
mod targets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use semver::Version;
use toml::de::DeTable;

use self::{
    model::Package,
    problems::{Problems, quote},
};
use crate::course::{AllowedCrate, line_of};
use intake::{LARGEST_MANIFEST, MOST_DOTS, NotAManifest, manifest_text};
use judge::evidence::Refusal;

/// What a manifest is read with.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    /// The `Cargo.toml`.
    pub(crate) text: &'a [u8],
    /// The `Cargo.toml` of its workspace, if that is another file.
    pub(crate) workspace: Option<&'a [u8]>,
    /// The submission's regular files, relative, with `/`.
    pub(crate) files: &'a [&'a str],
    /// The exercise's name: of several programs, the one of this name may be meant.
    pub(crate) exercise: &'a str,
    /// What the course has.
    pub(crate) course: Course<'a>,
}

/// The course's crates and compiler.
#[derive(Clone, Copy)]
pub(crate) struct Course<'a> {
    /// The crates that a package may use.
    pub(crate) allowed: &'a BTreeMap<String, AllowedCrate>,
    /// The exact version of each; one that is not there is taken at any version.
    pub(crate) locked: &'a BTreeMap<String, Version>,
    /// The compiler's version.
    pub(crate) compiler: &'a Version,
    /// The platform for which it compiles.
    pub(crate) host: &'a str,
}

/// Read a `Cargo.toml`.
///
/// # Errors
/// Why the course does not accept the package, in the order of the lines, cut after many.
pub(crate) fn read(input: &Input<'_>) -> Result<Package, Vec<Refusal>> {
    let text = plain_text(input.text).map_err(|refusal| vec![refusal])?;
    let parsed = DeTable::parse(text).map_err(|error| vec![no_toml(text, &error)])?;
    let workspace = input.workspace.and_then(|bytes| manifest_text(bytes).ok());
    let workspace = workspace.and_then(|text| DeTable::parse(text).ok());
    let workspace = workspace.as_ref().map(toml::Spanned::get_ref);
    let mut problems = Problems::new(text);

    let manifest = &inherit::fill(parsed.get_ref(), workspace, &mut problems);
    let Some((section_at, section)) = sections::package(manifest, &mut problems) else {
        return Err(problems.finish());
    };
    let about = package::read(section_at, section, input, &mut problems);
    let dependencies = dependencies::read(manifest, input.course, &mut problems);
    let root = workspace.unwrap_or(manifest);
    sections::refuse(manifest, root, &dependencies.used, &mut problems);
    sections::note_profiles(root, &mut problems);
    sections::note_mistyped(manifest, &mut problems);
    let features = &dependencies.features;
    let targets = targets::read(manifest, section, &about, features, input, &mut problems);
    if let Some(library) = &targets.library
        && let Some(same) = dependencies
            .used
            .iter()
            .find(|dependency| dependency.extern_name == library.name)
    {
        problems.at_line(
            same.line,
            format!(
                "the package's library and a dependency are both called {}",
                quote(&library.name)
            ),
            "give the library another name with `name` in `[lib]`, or rename the package",
        );
    }
    match targets.binary {
        Some(binary) if problems.count() == 0 => {
            let notes = problems.take_notes();
            Ok(about.into_package(binary, targets.library, dependencies, notes))
        }
        _ => Err(problems.finish()),
    }
}

/// The bytes as text that is safe to parse.
fn plain_text(bytes: &[u8]) -> Result<&str, Refusal> {
    manifest_text(bytes).map_err(|why| {
        let mut place = "Cargo.toml".to_owned();
        let (problem, remedy) = match why {
            NotAManifest::TooLarge(bytes) => (
                format!("`Cargo.toml` has {bytes} bytes, more than the {LARGEST_MANIFEST} that are read"),
                "shorten it",
            ),
            NotAManifest::Utf16 => (
                "`Cargo.toml` is text in UTF-16, which cargo does not read".into(),
                "save the file as UTF-8: choose this encoding in the editor, or in PowerShell write the file with \
                 `Set-Content -Encoding utf8`",
            ),
            NotAManifest::NotUtf8 { line } => {
                place = format!("Cargo.toml:{line}");
                ("`Cargo.toml` is not text in UTF-8".into(), "save the file as UTF-8")
            }
            NotAManifest::TooManyDots => (
                format!("`Cargo.toml` has more than {MOST_DOTS} dots"),
                "shorten comments and texts; no package of this course needs so many",
            ),
        };
        Refusal {
            place,
            problem,
            remedy: remedy.into(),
        }
    })
}

fn no_toml(text: &str, error: &toml::de::Error) -> Refusal {
    let line = error.span().map(|span| line_of(text, span.start));
    let line = line.and_then(|number| text.lines().nth(number.checked_sub(1)?));
    let unquoted = line.and_then(unquoted);
    Refusal {
        place: match error.span() {
            Some(span) => format!("Cargo.toml:{}", line_of(text, span.start)),
            None => "Cargo.toml".into(),
        },
        problem: match &unquoted {
            Some((key, _)) => {
                format!("`Cargo.toml` is not valid TOML: the value of `{key}` has no quotes")
            }
            None => format!("`Cargo.toml` is not valid TOML: {}", error.message()),
        },
        remedy: match &unquoted {
            Some((key, value)) => format!("put the value in quotes: `{key} = \"{value}\"`"),
            None => "correct this line, or the one above it".into(),
        },
    }
}

/// The key and the value of a line such as `version = 0.1.0`, whose value is a word or a version without quotes.
fn unquoted(line: &str) -> Option<(&str, &str)> {
    /// No value of an honest package is longer.
    const LONGEST: usize = 40;
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    let is_plain = |text: &str, others: &[char]| {
        (1..=LONGEST).contains(&text.len())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || others.contains(&c))
    };
    let is_right = matches!(value, "true" | "false") || value.parse::<f64>().is_ok();
    (is_plain(key, &['-', '_']) && is_plain(value, &['-', '_', '.']) && !is_right)
        .then_some((key, value))
}
