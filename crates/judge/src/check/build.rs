//! `build`: the crate is one the course accepts, and it compiles.

use std::fmt::Write as _;

use super::{
    compile_error, compiler_text,
    finding::{Details, Finding, Status},
    words::{count, first_lines, last_lines},
};
use crate::evidence::{BuildEvidence, CompileFailure, Diagnostic, LeftOut, Place, Refusal};
use evidence::Termination;
use ids::{CheckId, words::within_backticks};

/// Lines shown of the compiler's errors.
const SHOWN_LINES: usize = 60;

/// How many of the compiler's errors are shown: later ones often follow from the first.
const SHOWN_ERRORS: usize = 3;

/// How many of their different codes are named.
const SHOWN_CODES: usize = 3;

pub(super) fn check(build: &BuildEvidence, left_out: &[LeftOut]) -> Finding {
    let mut finding = answer(build);
    if finding.status == Status::Fail {
        let needed = left_out.iter().filter(|one| may_be_needed(one, build));
        finding.details.more.extend(needed.map(|one| {
            let LeftOut { path, why, .. } = one;
            format!("`{}` was left out: it {why}", within_backticks(path))
        }));
    }
    finding
}

/// Whether a build may have failed because this was left out: it configures cargo, it is source, or a
/// message of the compiler names it.
fn may_be_needed(left_out: &LeftOut, build: &BuildEvidence) -> bool {
    let path = left_out.path.as_str();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_source = matches!(folder.split('/').next(), Some("src"))
        || name == "src"
        || name
            .rsplit_once('.')
            .is_some_and(|(_, end)| end.eq_ignore_ascii_case("rs"));
    let is_named = || match build {
        BuildEvidence::Failed(failure) => {
            let texts = failure.diagnostics.iter().map(|one| one.rendered.as_str());
            let mut texts = texts.chain([failure.other_output.as_str()]);
            texts.any(|text| text.contains(name))
        }
        BuildEvidence::Built { .. } | BuildEvidence::Refused(_) => false,
    };
    left_out.is_configuration || is_source || is_named()
}

fn answer(build: &BuildEvidence) -> Finding {
    match build {
        BuildEvidence::Built { warnings, notes } => {
            let mut message = match warnings {
                0 => "it compiles".to_owned(),
                warnings => format!("it compiles, with {}", count(*warnings, "warning")),
            };
            for note in notes {
                message.push_str("; ");
                message.push_str(note);
            }
            Finding::pass(CheckId::Build, message)
        }
        BuildEvidence::Refused(refusals) => refused(refusals),
        BuildEvidence::Failed(failure) => failed(failure),
    }
}

fn refused(refusals: &[Refusal]) -> Finding {
    let Some((first, others)) = refusals.split_first() else {
        return Finding::fail(
            CheckId::Build,
            "the course does not accept this",
            Details::default(),
        );
    };
    let details = Details {
        place: Some(first.place.clone()),
        more: others.iter().map(other).collect(),
        ..Details::default()
    };
    Finding::fail(
        CheckId::Build,
        format!("not accepted: {}", first.problem),
        details,
    )
    .hint(first.remedy.clone())
}

/// A further reason; most name their place themselves.
fn other(refusal: &Refusal) -> String {
    let Refusal {
        place,
        problem,
        remedy,
    } = refusal;
    if problem.contains(&format!("`{place}`")) {
        format!("{problem}; {remedy}")
    } else {
        format!("{place}: {problem}; {remedy}")
    }
}

fn failed(failure: &CompileFailure) -> Finding {
    let errors: Vec<_> = failure.diagnostics.iter().filter(|d| d.is_error).collect();
    let place = errors
        .iter()
        .find_map(|error| error.place.as_ref())
        .map(place);
    let shown: Vec<String> = errors
        .iter()
        .take(SHOWN_ERRORS)
        .map(|error| compiler_text::shown(&error.rendered))
        .collect();
    let output = if shown.is_empty() {
        last_lines(&failure.other_output, 12)
    } else {
        Some(first_lines(&shown.join("\n\n"), SHOWN_LINES))
    };
    let mut more = match errors.len().saturating_sub(SHOWN_ERRORS) {
        0 => Vec::new(),
        hidden => vec![format!("and {} after these", count(hidden, "error"))],
    };
    more.extend(failure.notes.iter().cloned());
    let details = Details {
        place,
        output,
        more,
        ..Details::default()
    };
    if let Some(hint) = limit_hint(&failure.termination) {
        let message = format!(
            "the compiler {}",
            super::words::termination(&failure.termination)
        );
        return Finding::fail(CheckId::Build, message, details).hint(hint);
    }
    if errors.is_empty() {
        return Finding::fail(
            CheckId::Build,
            "the compiler ended without a program and without an error message",
            details,
        )
        .hint("compile it yourself with `cargo build --release`");
    }
    let mut message = format!(
        "it does not compile: {}{}",
        count(errors.len(), "error"),
        codes(&errors)
    );
    let code = errors.first().and_then(|error| error.code.as_deref());
    let more = code
        .filter(|code| can_be_explained(code))
        .map(|code| format!("`rustc --explain {code}` tells more about it"));
    // Later errors often follow from the first.
    let known = errors
        .first()
        .and_then(|error| compile_error::explain(error));
    let first = if let Some(known) = &known {
        let _ = write!(message, ": {}", known.what);
        known.hint
    } else {
        "start with the first error"
    };
    let hint = match more {
        Some(more) => format!("{first}; {more}"),
        None => first.to_owned(),
    };
    let diagnosis = known.map_or("compile-error", |known| known.diagnosis);
    Finding::fail(CheckId::Build, message, details)
        .diagnosed(diagnosis)
        .hint(hint)
}

/// Whether `rustc --explain` knows the code. The code of a lint is its name, which it does not know.
fn can_be_explained(code: &str) -> bool {
    code.strip_prefix('E').is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The different codes of the errors in brackets, the first few of them.
fn codes(errors: &[&Diagnostic]) -> String {
    let mut codes: Vec<&str> = Vec::new();
    for code in errors.iter().filter_map(|error| error.code.as_deref()) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    match codes.len() {
        0 => String::new(),
        1..=SHOWN_CODES => format!(" ({})", codes.join(", ")),
        _ => format!(" ({} and more)", codes[..SHOWN_CODES].join(", ")),
    }
}

/// What to try where a limit stopped the compiler. A crate of one line compiled within the same limit on this
/// machine; otherwise this would not count as the submission's failure.
fn limit_hint(termination: &Termination) -> Option<&'static str> {
    Some(match termination {
        Termination::WallLimit { .. } | Termination::CpuLimit { .. } | Termination::Deadlock => {
            "a constant, a macro or a type makes the compiler work without end"
        }
        Termination::MemoryLimit { .. }
        | Termination::FileSizeLimit { .. }
        | Termination::DiskLimit { .. } => {
            "look for a large constant, static or array, or a macro that doubles"
        }
        Termination::TaskLimit { .. } => {
            "compile it yourself with `cargo build` and check which processes it starts"
        }
        Termination::OutputLimit { .. } => {
            "compile it yourself with `cargo build` and mend the first errors"
        }
        Termination::Exited { .. }
        | Termination::Signaled { .. }
        | Termination::NotStarted { .. } => return None,
    })
}

/// A file as a whole, such as an empty one, has no lines.
fn place(place: &Place) -> String {
    match place.line {
        0 => place.file.clone(),
        line => format!("{}:{line}:{}", place.file, place.column),
    }
}
