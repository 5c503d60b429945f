//! What was seen while one submission was built and run. Plain data, without judgement.
//!
//! What the sandbox and the observer see of a run is in the crate `evidence`; here is what else is known of
//! a submission. `check` reads both and nothing else.
//! Never holds a point, a verdict or a word for the student.

use std::collections::BTreeMap;

use evidence::{Concurrency, Execution, FilesWitness, Termination};
use ids::{Digest, Seed};

use crate::source::Source;

/// Everything seen of one submission.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What was handed in but is not in the private copy, so that neither compiler nor program could see it.
    pub left_out: Vec<LeftOut>,
    /// How the build went.
    pub build: BuildEvidence,
    /// One entry a run, in the order of the seeds. Empty if there was nothing to run.
    pub runs: Vec<RunEvidence>,
    /// The text of the submission. It chooses words and nothing else.
    pub source: Source,
}

/// Something that was handed in but is not in the private copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it is in the submission. Safe to print.
    pub path: String,
    /// Why, as a predicate without full stop that follows the path.
    pub why: String,
    /// Whether it would have configured cargo or rustup.
    pub is_configuration: bool,
}

/// How the build went.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildEvidence {
    /// A program came out.
    Built {
        /// Warnings that the compiler gave about the submission.
        warnings: usize,
        /// What was built otherwise than the submission says: sentences without full stop.
        notes: Vec<String>,
    },
    /// The course does not accept the crate; nothing was compiled.
    Refused(Vec<Refusal>),
    /// The compiler did not make a program of it.
    Failed(CompileFailure),
}

/// One reason why the course does not accept a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// File, and line where there is one, relative to the submission: `Cargo.toml:7`.
    pub place: String,
    /// What is there, as a sentence without full stop.
    pub problem: String,
    /// What to do instead, as a sentence without full stop.
    pub remedy: String,
}

/// The compiler's output when it made no program.
#[derive(Debug, Clone, PartialEq)]
pub struct CompileFailure {
    /// How the compiler ended: a limit is a reason of its own.
    pub termination: Termination,
    /// Its diagnostics, in its order, errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// What it wrote that is no diagnostic (a linker's words, a crash), cut to a few lines.
    pub other_output: String,
    /// What may be the cause: what was built otherwise than the submission says, or a file in other capitals.
    /// Sentences without full stop.
    pub notes: Vec<String>,
}

/// One diagnostic of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stopped the build.
    pub is_error: bool,
    /// rustc's code, `E0308`, where it has one.
    pub code: Option<String>,
    /// The headline.
    pub message: String,
    /// Where its primary span starts.
    pub place: Option<Place>,
    /// The whole of it as rustc draws it, without colour.
    pub rendered: String,
}

/// A place in a submission's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Path relative to the submission.
    pub file: String,
    /// Counted from one.
    pub line: u32,
    /// Counted from one, in characters.
    pub column: u32,
}

/// One execution of a built submission on one dataset, with what the reference did there.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEvidence {
    /// Which dataset.
    pub seed: Seed,
    /// Whether everybody can know this dataset, and so its answer, before the run.
    pub is_public: bool,
    /// The reference's answer on the same dataset: a line, or lines joined by line feeds.
    pub expected: String,
    /// The files that the reference saved on the same dataset, if the exercise asks for files.
    pub expected_saved: Option<SavedFiles>,
    /// The files that the program saved, if the exercise asks for files.
    pub saved: Option<SavedFiles>,
    /// The files of the dataset with their latencies, if they have some.
    pub slow: Option<SlowFiles>,
    /// How concurrent the reference's reads were on the same dataset.
    pub reference_concurrency: Option<Concurrency>,
    /// What the process did.
    pub execution: Execution,
    /// What the data files show.
    pub files: FilesWitness,
}

/// The files that a program saved in one folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedFiles {
    /// The files by their paths below the folder. At most [`SavedFiles::MOST`].
    pub files: BTreeMap<String, SavedFile>,
    /// The number of files, folders and other things that are not in `files`, because there are too many or they are no
    /// plain files.
    pub others: usize,
}

impl SavedFiles {
    /// The most files that are looked at.
    pub const MOST: usize = 10_000;
}

/// One saved file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFile {
    /// Its size.
    pub bytes: u64,
    /// The digest of its contents.
    pub digest: Digest,
}

/// The files of a dataset that has latencies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SlowFiles {
    /// Name and latency in milliseconds, in byte order of the names: the order in which an observation counts them.
    pub files: Vec<(String, u32)>,
}
