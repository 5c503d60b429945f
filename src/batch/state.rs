//! What each record of a batch was made from.
//!
//! Hides the files of it and what is believed in them. A record is answered from disk only when
//! everything that went into it is what it was, and it is itself, to the byte, what was written then.
//! Never judges what a difference means; `changes` puts it in words.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::{
    folder::{self, Folder},
    outputs,
    plan::Plan,
};
use crate::{
    config::Settings,
    fault::{Fault, FaultKind},
    grading::Session,
    record::{Record, Verdict},
    spec::Exercise,
};
use ids::{Digest, SubmissionId};

const KEY_SCHEMA: &str = "grade-key/1";

/// Everything that decides what a record says, by the name of its part. The same for a whole class but
/// for the submission.
pub(super) type Parts = BTreeMap<String, String>;

/// The parts that all submissions of a batch share.
pub(super) fn shared_parts(
    settings: &Settings,
    exercise: &Exercise,
    session: &Session<'_>,
    plan: &Plan,
) -> Result<Parts, Fault> {
    let (tier, observer) = session.grader();
    let seeds: Vec<String> = plan.seeds.iter().map(ToString::to_string).collect();
    let parts = [
        ("exercise", exercise_digest(settings, exercise)?.to_string()),
        (
            "crates",
            digest_of_file(&settings.course.lock_file())?.to_string(),
        ),
        (
            "toolchain",
            Digest::of(session.toolchain_identity().as_bytes()).to_string(),
        ),
        // Two builds of one version may judge differently. The kernel's name for what runs now, whatever
        // has its path by now.
        (
            "grader",
            digest_of_file(Path::new("/proc/self/exe"))?.to_string(),
        ),
        ("isolation", tier),
        ("observer", observer),
        ("seeds", seeds.join(" ")),
        ("generation", plan.generation.to_string()),
    ];
    Ok(parts.map(|(name, value)| (name.to_owned(), value)).into())
}

/// The digest of all of the exercise that decides a grade: what is asked, the reference, and the course's
/// settings. What students are given and told in words is not in it.
pub(super) fn exercise_digest(settings: &Settings, exercise: &Exercise) -> Result<Digest, Fault> {
    let mut files = vec![
        settings.course.root.join("grader.toml"),
        exercise.starter.join("exercise.toml"),
    ];
    let failed =
        |error: io::Error| Fault::io(FaultKind::Usage, "read", &exercise.reference, &error);
    collect(&exercise.reference, &mut files).map_err(failed)?;
    let mut text = String::new();
    for path in files {
        // A course is the same course in another place.
        let name = path.strip_prefix(&exercise.reference);
        let name = name.unwrap_or(path.file_name().unwrap_or_default().as_ref());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}\0{}", name.display(), digest_of_file(&path)?);
    }
    Ok(Digest::of(text.as_bytes()))
}

/// Every file below a trusted folder, but not what cargo makes there.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let is_made = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_type().is_dir() && entry.file_name() == "target"
    };
    let entries = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    for entry in entries.filter_entry(|entry| !is_made(entry)) {
        let entry = entry?;
        if entry.file_type().is_file() && entry.file_name() != "Cargo.lock" {
            files.push(entry.into_path());
        }
    }
    Ok(())
}

fn digest_of_file(path: &Path) -> Result<Digest, Fault> {
    let digest = || -> io::Result<Digest> {
        let mut hasher = sha2::Sha256::new();
        let mut file = fs::File::open(path)?;
        // This program's own file is too large to be in memory as a whole.
        let mut part = vec![0; 1 << 18];
        loop {
            match file.read(&mut part)? {
                0 => return Ok(Digest::finish(hasher)),
                length => hasher.update(&part[..length]),
            }
        }
    };
    digest().map_err(|error| Fault::io(FaultKind::Usage, "read", path, &error))
}

/// What a record was made from, kept beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    schema: String,
    /// All that went in.
    pub(super) parts: Parts,
    /// The digest of the record's file.
    record: Digest,
    /// The digest of the submission's source without its formatting, if it has any.
    pub(super) shape: Option<Digest>,
    /// The digest of all of the above.
    seal: Option<Digest>,
}

/// What is known of a submission from an earlier batch.
#[derive(Debug, PartialEq)]
pub(super) enum Known {
    /// Its record still holds.
    Unchanged(Box<(Record, Key)>),
    /// There is a record, and it was made from something else, or nobody was graded.
    Changed,
    /// There is something that cannot be believed.
    Damaged,
    /// There is nothing.
    Nothing,
}

impl Key {
    /// The key of a record whose file holds `bytes`.
    pub(super) fn new(parts: Parts, bytes: &[u8], shape: Option<Digest>) -> Self {
        let mut key = Self {
            schema: KEY_SCHEMA.to_owned(),
            parts,
            record: Digest::of(bytes),
            shape,
            seal: None,
        };
        key.seal = Some(key.digest());
        key
    }

    fn digest(&self) -> Digest {
        let Self {
            schema,
            parts,
            record,
            shape,
            seal: _,
        } = self;
        Digest::of(format!("{schema}\n{parts:?}\n{record}\n{shape:?}").as_bytes())
    }

    /// Whether it is the key of the record whose file has this digest.
    pub(super) fn is_of(&self, record: &Digest) -> bool {
        self.record == *record
    }

    /// Whether it is the key of this submission.
    fn is_for(&self, id: &SubmissionId) -> bool {
        self.parts.get("id").map(String::as_str) == Some(id.as_str())
    }

    /// Whether its record was made from all of these.
    pub(super) fn has(&self, shared: &Parts) -> bool {
        shared
            .iter()
            .all(|(name, value)| self.parts.get(name) == Some(value))
    }

    /// The key of somebody who was graded here, if there is one and it is whole.
    pub(super) fn read(folder: &Folder, id: &SubmissionId) -> Result<Option<Self>, Fault> {
        let bytes = folder.read(&folder::file(folder::KEYS, id))?;
        let key = bytes.and_then(|bytes| Self::parse(&bytes));
        Ok(key.filter(|key| key.is_for(id)))
    }

    /// Read a key and believe it only if it is whole.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let key: Self = serde_json::from_slice(bytes).ok()?;
        (key.schema == KEY_SCHEMA && key.seal == Some(key.digest())).then_some(key)
    }

    pub(super) fn write(&self, folder: &Folder, id: &SubmissionId) -> Result<(), Fault> {
        folder.note(&folder::file(folder::KEYS, id), &json(self)?)
    }
}

/// The parts of one submission.
pub(super) fn parts(shared: &Parts, id: &SubmissionId, content: &Digest) -> Parts {
    let mut parts = shared.clone();
    parts.insert("id".to_owned(), id.to_string());
    parts.insert("submission".to_owned(), content.to_string());
    parts
}

/// What the folder knows of a submission that consists of `parts` now.
pub(super) fn known(folder: &Folder, id: &SubmissionId, now: &Parts) -> Result<Known, Fault> {
    let record = folder.read(&folder::file(folder::RECORDS, id))?;
    let key = folder.read(&folder::file(folder::KEYS, id))?;
    let (bytes, key) = match (record, key) {
        (Some(record), Some(key)) => (record, key),
        // The batch was stopped between the two.
        (Some(_), None) => return Ok(Known::Changed),
        (None, None) => return Ok(Known::Nothing),
        (None, Some(_)) => return Ok(Known::Damaged),
    };
    let Some(key) = Key::parse(&key) else {
        return Ok(Known::Damaged);
    };
    let record = outputs::parse(&bytes, id).filter(|_| key.is_of(&Digest::of(&bytes)));
    let Some(record) = record else {
        return Ok(Known::Damaged);
    };
    if !key.is_for(id) {
        return Ok(Known::Damaged);
    }
    if key.parts != *now || record.verdict == Verdict::NotGraded {
        return Ok(Known::Changed);
    }
    Ok(Known::Unchanged(Box::new((record, key))))
}

/// Our own plain data as indented JSON with a newline at the end.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| {
        Fault::new(FaultKind::Internal, "failed to put a record in JSON").because(error)
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_touched_is_not_believed() {
        let parts = Parts::from([("seeds".to_owned(), "0 7".to_owned())]);
        let key = Key::new(parts, b"record", Some(Digest::of(b"shape")));
        let text = String::from_utf8(json(&key).unwrap()).unwrap();
        assert_eq!(Key::parse(text.as_bytes()), Some(key));
        for (from, to) in [
            ("0 7", "0 8"),
            ("grade-key/1", "grade-key/0"),
            ("\"seal\"", "\"s\""),
        ] {
            assert_eq!(Key::parse(text.replace(from, to).as_bytes()), None, "{to}");
        }
        assert_eq!(Key::parse(&text.as_bytes()[..text.len() / 2]), None);
    }

    #[test]
    fn what_cargo_makes_does_not_change_an_exercise() {
        let dir = tempfile::tempdir().unwrap();
        let list = || {
            let mut files = Vec::new();
            collect(dir.path(), &mut files).unwrap();
            files.len()
        };
        fs::write(dir.path().join("exercise.toml"), "").unwrap();
        fs::write(dir.path().join("Cargo.lock"), "").unwrap();
        fs::create_dir_all(dir.path().join("target/debug")).unwrap();
        fs::write(dir.path().join("target/debug/x"), "").unwrap();
        fs::create_dir(dir.path().join("src")).unwrap();
        fs::write(dir.path().join("src/main.rs"), "").unwrap();
        assert_eq!(list(), 2);
    }
}
