//! A submission to grade: its id, where it is, and what was admitted of it.
//!
//! Never reads a submission: that is `intake`'s.

use std::path::{Path, PathBuf};

use crate::{compile::Incremental, fault::Fault};
use fs_scratch::Subfolder;
use ids::{Digest, SubmissionId};
use intake::{Admission, LeftOuts, Snapshot, SnapshotFile};
use judge::{
    Source,
    evidence::{LeftOut, Refusal},
    record::{Graded, Newest},
};

/// A submission to grade.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The student's or the folder's name.
    pub id: SubmissionId,
    /// Where it is.
    pub origin: Origin,
}

/// Where a submission is, and how it was found.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A folder that a person named: one that cannot be read is their mistake and not the submission's.
    Named(PathBuf),
    /// What was found in a class, or an archive that a person named.
    Found(intake::Source),
}

impl Origin {
    /// The absolute path of the folder that a person named; `None` in a class.
    pub(super) fn named(&self) -> Option<PathBuf> {
        match self {
            Self::Named(path) => Some(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
            Self::Found(_) => None,
        }
    }

    /// Which copy of the work it is, for its record; `None` in a class, where the records of equal files are
    /// equal.
    pub(super) fn graded(&self, snapshot: Option<&Snapshot>) -> Option<Graded> {
        let path = self.named()?;
        let newest = snapshot.and_then(Snapshot::newest).map(|newest| Newest {
            path: newest.path.clone(),
            modified: humantime::format_rfc3339_seconds(newest.modified).to_string(),
        });
        Some(Graded {
            // Without `.` and a slash at the end.
            path: path.components().collect::<PathBuf>().display().to_string(),
            newest,
        })
    }
}

/// A submission that was admitted: its private copy, or why there is none. The copy is removed on drop.
#[derive(Debug)]
pub struct Intake {
    pub(super) work_dir: Subfolder,
    pub(super) admission: Admission,
    /// Where its private copy is, if the compiler keeps notes on it.
    pub(super) incremental: Option<Incremental>,
    /// The only processor on which it is built and observed; `None` for all.
    pub(super) processor: Option<u32>,
}

impl Intake {
    /// The same, to be built and observed on one processor.
    #[must_use]
    pub fn on_processor(self, processor: Option<u32>) -> Self {
        Self { processor, ..self }
    }

    /// The private copy, if the submission was admitted.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        match &self.admission {
            Admission::Admitted(snapshot) => Some(snapshot),
            Admission::Refused(_) => None,
        }
    }

    /// What was admitted, as a digest: of the copy and of what was left out of it, or of the reasons why
    /// there is none.
    #[must_use]
    pub fn content(&self) -> Digest {
        match &self.admission {
            Admission::Admitted(snapshot) if *snapshot.left_out() == LeftOuts::default() => {
                snapshot.digest().clone()
            }
            // The record names what was left out.
            Admission::Admitted(snapshot) => {
                let text = format!("{} {:?}", snapshot.digest(), snapshot.left_out());
                Digest::of(text.as_bytes())
            }
            Admission::Refused(refusals) => Digest::of(format!("{refusals:?}").as_bytes()),
        }
    }
}

/// A reason why the intake refuses a submission, as evidence.
pub(super) fn refusal(refusal: &intake::Refusal) -> Refusal {
    let intake::Refusal {
        place,
        problem,
        remedy,
    } = refusal.clone();
    Refusal {
        place,
        problem,
        remedy,
    }
}

/// The Rust source of what is built, as far as the judge looks at it.
pub(super) fn source(snapshot: &Snapshot) -> Result<Source, Fault> {
    let is_looked_at = |file: &&SnapshotFile| {
        let is_rust = Path::new(&file.path)
            .extension()
            .is_some_and(|end| end == "rs");
        let is_apart = ["tests/", "benches/", "examples/"]
            .iter()
            .any(|folder| file.path.starts_with(folder));
        is_rust && !is_apart && file.bytes <= judge::MOST_BYTES as u64
    };
    let text = |file: &SnapshotFile| {
        let bytes = snapshot.read(&file.path)?.unwrap_or_default();
        Ok((
            file.path.clone(),
            String::from_utf8_lossy(&bytes).into_owned(),
        ))
    };
    let files = snapshot.files().iter().filter(is_looked_at).map(text);
    Ok(Source::new(files.collect::<Result<Vec<_>, Fault>>()?))
}

/// Something that the intake left out of the private copy, as evidence.
pub(super) fn left_out(left_out: &intake::LeftOut) -> LeftOut {
    LeftOut {
        path: left_out.path.clone(),
        why: left_out.why.predicate(),
        is_configuration: left_out.is_configuration(),
    }
}
