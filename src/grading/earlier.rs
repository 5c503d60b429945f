//! What the last grading of the same folder left: its program, and its record.
//!
//! A student grades many times an hour. If nothing changed, the record is shown again; if only the data are to be
//! new, the program is run without compiling it again.
//!
//! # Theory of operation
//!
//! There is one entry for each folder that a person names, in the cache, which no submission can see. It names
//! everything that record and program were made from, and is used only if all of that is the same now. It is sealed by
//! a digest, and names the digest of the program: what is damaged counts as missing. Only the newest entries are kept.
//!
//! Never answers for a class, where each grade is made from a build of its own or taken from the batch's own folder.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use super::seeds::{Observe, ObserveRequest, RunPlan};
use crate::{compile::Built, fault::Fault};
use fs_scratch::{Kept, remove_tree};
use ids::{Digest, Seed};
use judge::{
    evidence::BuildEvidence,
    record::{Record, Verdict},
};

/// The format of an entry. It changes when entries of an earlier version must not be used any more.
const FORMAT: &str = "earlier/1";
const FOLDER: &str = "gradings";
const ENTRY: &str = "grading.json";
const SEAL: &str = "seal";
const PROGRAM: &str = "program";

/// How many folders have an entry. A program has some megabytes.
const MOST: usize = 40;

/// Where the entry of one folder is.
#[derive(Debug)]
struct Earlier {
    kept: Kept,
    key: String,
}

/// What a grading leaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    format: String,
    /// What the record was made from besides the submission and the data.
    inputs: BTreeMap<String, String>,
    /// The submission.
    content: Digest,
    seeds: Vec<Seed>,
    observe: Observe,
    pub(super) record: Record,
    program: Option<Program>,
}

/// The program that was built.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Program {
    /// What it was made from.
    identity: Digest,
    /// The warnings of the compiler.
    warnings: usize,
    /// What was told of the manifest.
    notes: Vec<String>,
    /// Whether the compiled crates in it are known to have been sound.
    is_sound: bool,
    digest: Digest,
}

impl Entry {
    /// On which data it was graded.
    pub(super) fn plan(&self) -> RunPlan {
        RunPlan {
            seeds: self.seeds.clone(),
            observe: self.observe,
        }
    }
}

/// What a grading is made from now.
#[derive(Debug)]
pub(super) struct Current {
    /// What the record is made from besides the submission and the data.
    pub(super) inputs: BTreeMap<String, String>,
    /// The submission.
    pub(super) content: Digest,
    /// What its program is made from.
    pub(super) identity: Digest,
}

/// The entry of a folder, beside what a grading of it is made from now.
#[derive(Debug)]
pub(super) struct Memory {
    earlier: Earlier,
    found: Option<(Entry, SystemTime)>,
    current: Current,
}

impl Memory {
    /// What is remembered of the submission in `folder`, an absolute path.
    pub(super) fn of(cache: &Path, folder: &Path, current: Current) -> Self {
        let earlier = Earlier::of(cache, folder);
        let found = earlier.read();
        Self {
            earlier,
            found,
            current,
        }
    }

    /// The entry and when it was made, if a grading now would say the same: nothing changed, and the data are those
    /// that the user typed, if any were. `plan` has these data.
    pub(super) fn unchanged(
        &self,
        typed: &[Seed],
        observe: ObserveRequest,
        plan: &RunPlan,
    ) -> Option<(&Entry, SystemTime)> {
        let (entry, since) = self.found.as_ref()?;
        let is_same = entry.inputs == self.current.inputs && entry.content == self.current.content;
        let has_data = typed.is_empty() || entry.seeds == plan.seeds;
        let is_observed = match observe {
            ObserveRequest::One => true,
            ObserveRequest::These(runs) => entry.observe == runs,
        };
        (is_same && has_data && is_observed).then_some((entry, *since))
    }

    /// The record of the last grading of this folder, of whatever was in it then.
    pub(super) fn last(&self) -> Option<Record> {
        self.found.as_ref().map(|(entry, _)| entry.record.clone())
    }

    /// The program of the entry, copied into `folder`, if a build now would make the same.
    pub(super) fn program(&self, folder: &Path) -> Option<Built> {
        let (entry, _) = self.found.as_ref()?;
        let program = entry.program.as_ref()?;
        if program.identity != self.current.identity {
            return None;
        }
        let path = folder.join(PROGRAM);
        self.earlier.fetch(program, &path).then(|| {
            let notes = program.notes.clone();
            Built::again(path, program.warnings, notes, program.is_sound)
        })
    }

    /// Remember a grading, unless the machine failed at it.
    pub(super) fn keep(
        self,
        plan: &RunPlan,
        record: &Record,
        built: Option<&Built>,
    ) -> Result<(), Fault> {
        if record.verdict == Verdict::NotGraded {
            return Ok(());
        }
        let Current {
            inputs,
            content,
            identity,
        } = self.current;
        let path = built.and_then(|built| built.program.as_deref());
        let (warnings, notes) = match built.map(|built| &built.evidence) {
            Some(BuildEvidence::Built { warnings, notes }) => (*warnings, notes.clone()),
            _ => (0, Vec::new()),
        };
        let program = match (built, path) {
            (Some(built), Some(path)) => Some(Program {
                identity,
                warnings,
                notes,
                is_sound: built.is_sound,
                digest: fs::File::open(path)
                    .and_then(Digest::of_all)
                    .map_err(|error| Fault::temporary("read", path, &error))?,
            }),
            _ => None,
        };
        let entry = Entry {
            format: FORMAT.to_owned(),
            inputs,
            content,
            seeds: plan.seeds.clone(),
            observe: plan.observe,
            record: record.clone(),
            program,
        };
        self.earlier.keep(&entry, path)
    }
}

impl Earlier {
    /// The entry of the submission in `folder`, an absolute path.
    fn of(cache: &Path, folder: &Path) -> Self {
        let key = Digest::of(folder.as_os_str().as_encoded_bytes());
        Self {
            kept: Kept::new(cache.join(FOLDER)),
            key: key.hex()[..24].to_owned(),
        }
    }

    /// The entry, and when it was made; `None` if there is none, or if it is damaged.
    fn read(&self) -> Option<(Entry, SystemTime)> {
        let folder = self.kept.entry(&self.key);
        let path = folder.join(ENTRY);
        let bytes = fs::read(&path).ok()?;
        let seal = fs::read_to_string(folder.join(SEAL)).ok()?;
        if Digest::of(&bytes).to_string() != seal {
            return None;
        }
        let entry: Entry = serde_json::from_slice(&bytes).ok()?;
        let made = fs::metadata(&path)
            .and_then(|found| found.modified())
            .ok()?;
        (entry.format == FORMAT).then_some((entry, made))
    }

    /// Copy the program of an entry to `path`. False if it is missing or damaged.
    fn fetch(&self, program: &Program, path: &Path) -> bool {
        let kept = self.kept.entry(&self.key).join(PROGRAM);
        let copy = || -> io::Result<bool> {
            let bytes = fs::read(kept)?;
            if Digest::of(&bytes) != program.digest {
                return Ok(false);
            }
            fs::write(path, &bytes)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
            Ok(true)
        };
        copy().unwrap_or(false)
    }

    /// Keep an entry in the place of the one that is there, with its program in `program`.
    ///
    /// # Errors
    /// The cache folder cannot be written.
    fn keep(&self, entry: &Entry, program: Option<&Path>) -> Result<(), Fault> {
        let lock = self.kept.lock(&self.key).map_err(Fault::in_cache)?;
        let staging = lock.stage().map_err(Fault::in_cache)?;
        let fill = || -> io::Result<()> {
            if let Some(program) = program {
                fs::copy(program, staging.path().join(PROGRAM))?;
            }
            let bytes = serde_json::to_vec(entry)?;
            fs::write(staging.path().join(SEAL), Digest::of(&bytes).to_string())?;
            fs::write(staging.path().join(ENTRY), bytes)
        };
        fill().map_err(|error| Fault::cache("write into", self.kept.folder(), &error))?;
        lock.put(staging.path()).map_err(Fault::in_cache)?;
        self.remove_oldest();
        Ok(())
    }

    /// Remove the entries that were made longest ago, so that [`MOST`] are left. What cannot be removed now is
    /// removed later.
    fn remove_oldest(&self) {
        let Ok(folder) = fs::read_dir(self.kept.folder()) else {
            return;
        };
        let mut entries: Vec<(SystemTime, PathBuf)> = folder
            .flatten()
            .filter_map(|found| {
                let path = found.path();
                let made = fs::metadata(path.join(ENTRY)).ok()?.modified().ok()?;
                Some((made, path))
            })
            .collect();
        entries.sort();
        let surplus = entries.len().saturating_sub(MOST);
        for (_, path) in &entries[..surplus] {
            let _ = remove_tree(path);
            let _ = fs::remove_file(path.with_extension("lock"));
        }
    }
}
