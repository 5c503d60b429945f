//! Read a submission's `Cargo.toml`: what rustc needs to know, or every reason to refuse it.
//!
//! cargo would obey the submission's configuration and run its build script, so the grader does not run it:
//! this module reads the file itself, finds targets as cargo does, and knows which crates the course allows.
//! It hides TOML and cargo's rules; what comes out are plain values that are safe in an argument or a
//! variable of rustc's (no control character, no path that leaves the package). Sections that cannot change
//! what is graded (`[profile]`, `[lints]`, tests, metadata, unknown keys) are passed over.
//!
//! It never runs anything and never touches the disk. It is no security boundary: the sandbox holds without
//! it.

mod dependencies;
pub(super) mod model;
mod names;
mod package;
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
use judge::evidence::Refusal;

/// The largest `Cargo.toml`, in bytes. An honest one has less than one KiB.
const LARGEST: usize = 64 << 10;

/// The most dots. Each level of a table needs a dot or a bracket, brackets are limited by `toml`, and a tree
/// of several thousand levels (which 13 KB can hold) overflows the stack when it is dropped.
const MOST_DOTS: usize = 500;

/// Read the `Cargo.toml` in `text`.
///
/// `files` are the submission's regular files, relative, with `/`. `locked` has the exact version of each
/// allowed crate; one that is not there is taken at any version.
///
/// # Errors
/// Why the course does not accept the package, in the order of the lines, cut after many.
pub(crate) fn read(
    text: &[u8],
    files: &[&str],
    allowed: &BTreeMap<String, AllowedCrate>,
    locked: &BTreeMap<String, Version>,
    compiler: &Version,
) -> Result<Package, Vec<Refusal>> {
    let text = plain_text(text).map_err(|refusal| vec![refusal])?;
    let manifest = DeTable::parse(text).map_err(|error| vec![no_toml(text, &error)])?;
    let manifest = manifest.get_ref();
    let mut problems = Problems::new(text);

    sections::refuse(manifest, &mut problems);
    let Some((section_at, section)) = sections::package(manifest, &mut problems) else {
        return Err(problems.finish());
    };
    let about = package::read(section_at, section, files, compiler, &mut problems);
    let targets = targets::read(manifest, section, &about, files, &mut problems);
    let dependencies = dependencies::read(manifest, allowed, locked, &mut problems);
    if let Some(library) = &targets.library
        && let Some(same) = dependencies
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
            Ok(about.into_package(binary, targets.library, dependencies))
        }
        _ => Err(problems.finish()),
    }
}

/// The bytes as text that is safe to parse.
fn plain_text(bytes: &[u8]) -> Result<&str, Refusal> {
    let refuse = |place: String, problem: String, remedy: &str| {
        Err(Refusal {
            place,
            problem,
            remedy: remedy.into(),
        })
    };
    if bytes.len() > LARGEST {
        let problem = format!(
            "`Cargo.toml` has {} bytes, more than the {LARGEST} that are read",
            bytes.len()
        );
        return refuse("Cargo.toml".into(), problem, "shorten it");
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        let good = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let place = format!("Cargo.toml:{}", line_of(good, good.len()));
        let problem = "`Cargo.toml` is not text in UTF-8".into();
        return refuse(place, problem, "save the file as UTF-8");
    };
    // Runs of dots count once: in a key, dots stand alone.
    if text.split('.').filter(|part| !part.is_empty()).count() > MOST_DOTS {
        let problem = format!("`Cargo.toml` has more than {MOST_DOTS} dots");
        let remedy = "shorten comments and texts; no package of this course needs so many";
        return refuse("Cargo.toml".into(), problem, remedy);
    }
    Ok(text)
}

fn no_toml(text: &str, error: &toml::de::Error) -> Refusal {
    Refusal {
        place: match error.span() {
            Some(span) => format!("Cargo.toml:{}", line_of(text, span.start)),
            None => "Cargo.toml".into(),
        },
        problem: format!("`Cargo.toml` is not valid TOML: {}", error.message()),
        remedy: "mend this line, or the one above it".into(),
    }
}
