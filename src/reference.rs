//! The reference: proof that the exercise can be solved on this machine, and the answers expected.
//!
//! The reference is built and run in the same way as every submission, before any of them. The same checks
//! examine its evidence. Its totals are the expected ones only if every check passes. The cache keeps its
//! program under the digest of everything that it was made from.
//!
//! A submission never sees it: neither its source, nor its program, nor its answers enter the sandbox.

use std::{fmt::Write as _, fs, io, path::Path};

use crate::{
    course::Exercise,
    fault::{Fault, FaultKind},
};
use evidence::Captured;
use fs_scratch::Kept;
use ids::{CheckId, Digest};
use judge::{
    check::{self, Status},
    evidence::{Evidence, RunEvidence},
    questions::{Answer, Questions},
};

/// The answer in what was printed, if it is one: the last line, which is a number where a total is asked for; or all lines
/// that are not blank, without the white space at their ends.
#[must_use]
pub fn answer(questions: &Questions, printed: &Captured) -> Option<String> {
    match questions.answer {
        Answer::LastLine if questions.checks.contains(&CheckId::Total) => {
            printed.last_line().and_then(check::number)
        }
        Answer::LastLine => Some(printed.last_line().unwrap_or_default().to_owned()),
        // What was left out cannot be compared.
        Answer::Lines | Answer::LinesInAnyOrder if printed.omitted > 0 => None,
        Answer::Lines | Answer::LinesInAnyOrder => Some(check::lines(&printed.head).join("\n")),
    }
}

/// The same answer in one form for all that are equal: lines that may come in any order are sorted.
fn comparable(questions: &Questions, answer: &str) -> String {
    let mut lines: Vec<&str> = answer.lines().collect();
    if questions.answer == Answer::LinesInAnyOrder {
        lines.sort_unstable();
    }
    lines.join("\n")
}

/// Run every check of the exercise on the evidence of the reference in `folder`.
///
/// # Errors
/// A check does not pass; then nothing can be graded.
pub fn prove(folder: &Path, questions: &Questions, evidence: &Evidence) -> Result<(), Fault> {
    let findings = check::run_all(questions, evidence);
    let Some(failed) = findings
        .iter()
        // Where nothing can be observed, each submission's record says so. But where the observer and the
        // file times disagree about the reference, neither is reliable for any submission.
        .find(|finding| match finding.status {
            Status::Fail | Status::Skipped => true,
            Status::Inconclusive => finding.id == CheckId::FilesRead,
            Status::Pass => false,
        })
    else {
        return Ok(());
    };
    let details = &failed.details;
    let mut why = format!("check `{}`: {}", failed.id, failed.message);
    for (label, text) in [("seen", &details.seen), ("output", &details.output)] {
        if let Some(text) = text.as_ref().filter(|text| !failed.message.contains(*text)) {
            let _ = write!(why, "; {label}: {text}");
        }
    }
    let hint = if failed.id == CheckId::FilesRead {
        format!(
            "if `{}` does read every file, this machine does not record it: choose another path \
             with `--temp-dir DIR`",
            folder.display()
        )
    } else {
        format!(
            "mend the reference in `{}`, or the machine; no submission was graded",
            folder.display()
        )
    };
    Err(did_not_pass(why).hint(hint))
}

/// Compare the reference's answers with those that the exercise knows.
///
/// # Errors
/// Two differ: then one of them is wrong, and nothing can be graded.
pub fn compare(exercise: &Exercise, runs: &[RunEvidence]) -> Result<(), Fault> {
    for run in runs {
        let known = exercise.answers.get(&run.seed);
        let questions = &exercise.questions;
        let printed = answer(questions, &run.execution.stdout);
        let (Some(known), Some(printed)) = (known, printed) else {
            continue;
        };
        let right = answer(questions, &Captured::complete(known));
        let same = right
            .is_some_and(|right| comparable(questions, &right) == comparable(questions, &printed));
        if !same {
            let shown = |text: &str| text.trim_end().replace('\n', " / ");
            let why = format!(
                "on seed {} it prints {}, and the exercise knows {}",
                run.seed,
                shown(&printed),
                shown(known)
            );
            return Err(did_not_pass(why).hint(format!(
                "mend the reference in `{}`, or `seeds.answers` in the exercise's exercise.toml",
                exercise.reference.display()
            )));
        }
    }
    Ok(())
}

fn did_not_pass(why: String) -> Fault {
    Fault::new(
        FaultKind::Reference,
        "the reference did not pass, so nothing was graded",
    )
    .because(why)
}

/// Programs of references, kept between gradings.
#[derive(Debug)]
pub struct Programs {
    kept: Kept,
}

impl Programs {
    /// Kept below the cache folder.
    #[must_use]
    pub fn new(cache: &Path) -> Self {
        Self {
            kept: Kept::new(cache.join("references")),
        }
    }

    /// Copy the kept program with this identity to `path`. False if there is none, or if it has changed since
    /// it was kept.
    #[must_use]
    pub fn fetch(&self, identity: &Digest, path: &Path) -> bool {
        let kept = self.kept.entry(identity.hex());
        let copy = || -> io::Result<bool> {
            let program = fs::read(kept.join("program"))?;
            let digest = fs::read_to_string(kept.join("digest"))?;
            if Digest::of(&program).to_string() != digest {
                return Ok(false);
            }
            write_program(path, &program)?;
            Ok(true)
        };
        copy().unwrap_or(false)
    }

    /// Keep a program under its identity.
    ///
    /// # Errors
    /// The cache folder cannot be written.
    pub fn keep(&self, identity: &Digest, program: &Path) -> Result<(), Fault> {
        let lock = self.kept.lock(identity.hex()).map_err(Fault::in_cache)?;
        let staging = lock.stage().map_err(Fault::in_cache)?;
        let fill = || -> io::Result<()> {
            let bytes = fs::read(program)?;
            write_program(&staging.path().join("program"), &bytes)?;
            let digest = Digest::of(&bytes).to_string();
            fs::write(staging.path().join("digest"), digest)
        };
        fill().map_err(|error| Fault::cache("write into", self.kept.folder(), &error))?;
        lock.put(staging.path()).map_err(Fault::in_cache)?;
        Ok(())
    }
}

fn write_program(path: &Path, program: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, program)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_program_is_used_only_while_it_is_unchanged() {
        let dir = tempfile::tempdir().unwrap();
        let programs = Programs::new(dir.path());
        let identity = Digest::of(b"identity");
        let (program, path) = (dir.path().join("p"), dir.path().join("q"));
        fs::write(&program, "the program").unwrap();
        assert!(!programs.fetch(&identity, &path));
        programs.keep(&identity, &program).unwrap();
        let left = dir.path().join("references").join("making-left");
        fs::create_dir(&left).unwrap();
        programs.keep(&identity, &program).unwrap();
        assert!(!left.exists());
        assert!(programs.fetch(&identity, &path));
        assert_eq!(fs::read(&path).unwrap(), b"the program");

        let kept = dir
            .path()
            .join("references")
            .join(identity.hex())
            .join("program");
        fs::write(&kept, "another program").unwrap();
        assert!(!programs.fetch(&identity, &path));
    }
}
