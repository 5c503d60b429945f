//! Read what rustc writes with `--error-format=json`.
//!
//! The text comes from a process that compiles untrusted source: every line may be anything, and a line
//! that is no diagnostic is kept as plain text.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::course::AllowedCrate;
use evidence::{Captured, Termination};
use ids::words::within_backticks;
use judge::evidence::{CompileFailure, Diagnostic, Place};

/// Bytes kept of what is no diagnostic.
const OTHER_OUTPUT: usize = 4096;

/// What rustc wrote: diagnostics, and other text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CompilerOutput {
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) other_output: String,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "message")]
    headline: String,
    level: String,
    #[serde(default)]
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: u32,
    column_start: u32,
    is_primary: bool,
    #[serde(default)]
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Span,
}

/// Characters kept of a message too long to be kept whole.
const BEGINNING: usize = 200;

impl CompilerOutput {
    /// The failure of which this is the output.
    pub(super) fn failure(self, termination: Termination, notes: Vec<String>) -> CompileFailure {
        CompileFailure {
            termination,
            diagnostics: self.diagnostics,
            other_output: self.other_output,
            notes,
        }
    }

    /// Keep what a diagnostic that was cut begins with.
    fn keep_beginning(&mut self, line: &str) {
        let Some((_, message)) = line.split_once("\"message\":\"") else {
            return;
        };
        let beginning: String = message.chars().take(BEGINNING).collect();
        if self.other_output.len() + beginning.len() < OTHER_OUTPUT {
            self.other_output.push_str(&beginning);
            self.other_output.push_str("… (too long to show)\n");
        }
    }

    /// The same with folders of this machine replaced by words, longer ones first.
    pub(super) fn without_places(mut self, folders: &[(&std::path::Path, &str)]) -> Self {
        let mut folders = folders.to_vec();
        folders.sort_by_key(|(path, _)| std::cmp::Reverse(path.as_os_str().len()));
        let plain = |text: &mut String| {
            for (path, word) in &folders {
                if let Some(path) = path.to_str().filter(|path| text.contains(path)) {
                    *text = text.replace(path, word);
                }
            }
        };
        for diagnostic in &mut self.diagnostics {
            plain(&mut diagnostic.message);
            plain(&mut diagnostic.rendered);
        }
        plain(&mut self.other_output);
        self
    }
}

/// What helps where the compiler does not find a crate: the line to write if the course has it, or which it has.
fn missing_crates(
    diagnostics: &[Diagnostic],
    allowed: &BTreeMap<String, AllowedCrate>,
    locked: &BTreeMap<String, semver::Version>,
) -> Vec<String> {
    let named = diagnostics.iter().filter_map(|one| {
        let is_missing = matches!(one.code.as_deref(), Some("E0432" | "E0433"));
        let (_, rest) = one.rendered.split_once("unlinked crate `")?;
        let name = rest.split('`').next()?;
        // Something of the standard library is missing a `use` line instead.
        let is_imported = one.rendered.contains("consider importing");
        (is_missing && !is_imported).then_some(name)
    });
    let mut notes: Vec<String> = Vec::new();
    for name in named {
        let package = allowed
            .keys()
            .find(|package| package.replace('-', "_") == name);
        let of_course = package.and_then(|package| Some((package, locked.get(package)?)));
        let note = if let Some((package, version)) = of_course {
            format!(
                "the course has the crate `{package}`: write `{package} = \"{version}\"` under `[dependencies]` in \
                 `Cargo.toml`"
            )
        } else {
            let all: Vec<&str> = allowed.keys().map(String::as_str).collect();
            format!("the crates of this course are {}", all.join(", "))
        };
        if !notes.contains(&note) && notes.len() < TOLD {
            notes.push(note);
        }
    }
    notes
}

/// What explains that modules and crates are not found: [`other_capitals`] and [`missing_crates`].
pub(super) fn not_found<'a>(
    diagnostics: &[Diagnostic],
    files: &(impl Iterator<Item = &'a str> + Clone),
    allowed: &BTreeMap<String, AllowedCrate>,
    locked: &BTreeMap<String, semver::Version>,
) -> Vec<String> {
    let mut notes = other_capitals(diagnostics, files);
    notes.extend(missing_crates(diagnostics, allowed, locked));
    notes
}

/// How many files that a module may mean, and how many crates, are told.
const TOLD: usize = 3;

/// A sentence for each module that the compiler does not find while a file of `files` has its name in other
/// capitals: on Windows and macOS the program compiles.
fn other_capitals<'a>(
    diagnostics: &[Diagnostic],
    files: &(impl Iterator<Item = &'a str> + Clone),
) -> Vec<String> {
    let missing = diagnostics
        .iter()
        .filter(|one| one.code.as_deref() == Some("E0583"))
        .filter_map(|one| one.message.split('`').nth(1));
    let told = missing.flat_map(|module| {
        let files = files.clone();
        files.filter_map(move |file| {
            let whole = file.strip_suffix("/mod.rs").or(file.strip_suffix(".rs"))?;
            let name = whole.rsplit('/').next()?;
            (name != module && name.eq_ignore_ascii_case(module)).then(|| {
                let file = within_backticks(file);
                format!("`{file}` is not the file of the module `{module}`: capitals count")
            })
        })
    });
    told.take(TOLD).collect()
}

/// Separate diagnostics from other text in the compiler's standard error.
pub(super) fn parse(output: &Captured) -> CompilerOutput {
    let mut parsed = CompilerOutput::default();
    for line in output.head.lines().chain(output.tail.lines()) {
        match serde_json::from_str::<Message>(line) {
            Ok(message) => parsed.diagnostics.extend(diagnostic(message)),
            Err(_) if line.trim().is_empty() => {}
            // A diagnostic that was cut: its beginning still names the problem.
            Err(_) if line.starts_with("{\"") => parsed.keep_beginning(line),
            Err(_) if parsed.other_output.len() + line.len() < OTHER_OUTPUT => {
                parsed.other_output.push_str(line);
                parsed.other_output.push('\n');
            }
            Err(_) => {}
        }
    }
    parsed
}

fn diagnostic(message: Message) -> Option<Diagnostic> {
    let is_error = message.level.starts_with("error");
    // "aborting due to 2 previous errors" and the like name no place and add nothing.
    let is_summary = message.spans.is_empty()
        && message.code.is_none()
        && (message.headline.starts_with("aborting due to")
            || message.headline.ends_with("warning emitted")
            || message.headline.ends_with("warnings emitted")
            || message.level == "failure-note");
    if is_summary {
        return None;
    }
    let place = message
        .spans
        .iter()
        .find(|span| span.is_primary)
        .and_then(place);
    Some(Diagnostic {
        is_error,
        code: message.code.map(|code| code.code),
        place,
        rendered: message.rendered.unwrap_or_else(|| message.headline.clone()),
        message: message.headline,
    })
}

/// Where in the submission a span is: inside a macro from elsewhere, the place that called it.
fn place(span: &Span) -> Option<Place> {
    let is_in_submission = !span.file_name.starts_with(['/', '<']);
    match &span.expansion {
        Some(expansion) if !is_in_submission => place(&expansion.span),
        _ if is_in_submission => Some(Place {
            file: span.file_name.clone(),
            line: span.line_start,
            column: span.column_start,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn diagnostics_are_separated_from_summaries_and_other_text() {
        let output = Captured::complete(concat!(
            r#"{"message":"mismatched types","code":{"code":"E0308","explanation":null},"level":"error","spans":[{"file_name":"src/main.rs","line_start":3,"column_start":5,"is_primary":true,"expansion":null}],"children":[],"rendered":"error[E0308]: mismatched types\n"}"#,
            "\n",
            r#"{"message":"aborting due to 1 previous error","code":null,"level":"error","spans":[],"children":[],"rendered":"x"}"#,
            "\n{\"message\":\"cut\nthread 'rustc' panicked\n",
        ));
        let parsed = parse(&output);
        assert_eq!(parsed.diagnostics.len(), 1);
        assert_eq!(parsed.diagnostics[0].code.as_deref(), Some("E0308"));
        let place = parsed.diagnostics[0].place.as_ref().unwrap();
        assert_eq!(
            (place.file.as_str(), place.line, place.column),
            ("src/main.rs", 3, 5)
        );
        assert_eq!(
            parsed.other_output,
            "cut… (too long to show)\nthread 'rustc' panicked\n"
        );
    }

    #[test]
    fn an_error_inside_a_macro_is_placed_where_it_is_called() {
        let output = Captured::complete(
            r#"{"message":"m","level":"error","spans":[{"file_name":"/rustc/x/library/std/src/macros.rs","line_start":1,"column_start":1,"is_primary":true,"expansion":{"span":{"file_name":"src/a.rs","line_start":7,"column_start":2,"is_primary":false}}}]}"#,
        );
        assert_eq!(
            parse(&output).diagnostics[0].place.as_ref().unwrap().line,
            7
        );
    }

    #[test]
    fn a_module_in_other_capitals_is_told() {
        let missing = |module: &str, code: &str| Diagnostic {
            is_error: true,
            code: Some(code.to_owned()),
            place: None,
            message: format!("file not found for module `{module}`"),
            rendered: String::new(),
        };
        let files = ["src/Util.rs", "src/a/MOD/mod.rs", "src/other.rs"];
        let told = |module, code| other_capitals(&[missing(module, code)], &files.into_iter());
        assert_eq!(
            told("util", "E0583"),
            ["`src/Util.rs` is not the file of the module `util`: capitals count"]
        );
        assert!(told("mod", "E0583")[0].contains("src/a/MOD/mod.rs"));
        assert!(told("other", "E0583").is_empty());
        assert!(told("util", "E0001").is_empty());
    }

    #[test]
    fn a_crate_that_the_course_has_is_told_with_its_line_and_another_with_the_list() {
        let missing = |name: &str, more: &str| Diagnostic {
            is_error: true,
            code: Some("E0433".into()),
            place: None,
            message: format!("cannot find module or crate `{name}` in this scope"),
            rendered: format!("use of unresolved module or unlinked crate `{name}`\n{more}"),
        };
        let of_course = AllowedCrate {
            requirement: semver::VersionReq::STAR,
            default_features: true,
            features: Vec::new(),
        };
        let allowed: BTreeMap<_, _> = ["rayon", "crossbeam-channel"]
            .map(|name| (name.to_owned(), of_course.clone()))
            .into();
        let locked: BTreeMap<_, _> = ["rayon", "crossbeam-channel"]
            .map(|name| (name.to_owned(), semver::Version::new(1, 2, 3)))
            .into();
        let told = |name, more| missing_crates(&[missing(name, more)], &allowed, &locked).join("");
        assert!(told("rayon", "").contains("write `rayon = \"1.2.3\"`"));
        assert!(told("crossbeam_channel", "").contains("`crossbeam-channel = "));
        assert_eq!(
            told("serde", ""),
            "the crates of this course are crossbeam-channel, rayon"
        );
        assert_eq!(told("thread", "consider importing this module"), "");
    }

    proptest! {
        #[test]
        fn any_output_is_read(head in "\\PC*", tail in "(\\{\"message\":)?\\PC*") {
            let parsed = parse(&Captured { head, tail, omitted: 1, is_utf8: true });
            prop_assert!(parsed.other_output.len() <= OTHER_OUTPUT);
        }
    }
}
