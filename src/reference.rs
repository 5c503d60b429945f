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
use fs_scratch::Kept;
use ids::{CheckId, Digest};
use judge::{
    check::{self, Status},
    evidence::{Evidence, RunEvidence},
    questions::Questions,
};

/// The answer that a run gave, if it is one.
#[must_use]
pub fn answer(run: &RunEvidence) -> Option<String> {
    run.execution.stdout.last_line().and_then(check::number)
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
        let (Some(known), Some(answer)) = (known, answer(run)) else {
            continue;
        };
        if check::number(known).as_ref() != Some(&answer) {
            let why = format!(
                "on seed {} it prints {answer}, and the exercise knows {known}",
                run.seed
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
