//! The grades that were accepted, and what has replaced them since.
//!
//! The first complete batch is accepted automatically, later ones when the user says so. Until then the
//! accepted record of each submission that is graded again stays in `previous/`; a second regrading does not
//! replace it. Only a sound record is set aside. In place of a damaged one there is an empty file, which says
//! that the submission had a grade and that the grade is not known.
//! Never says what a difference means: `changes` does.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    key::Key,
    output_dir::{self, OutputDir},
    records::{self, json},
    roster::Roster,
};
use crate::fault::Fault;
use ids::{Digest, SubmissionId};
use judge::record::Record;

const FILE: &str = "accepted.json";
const SCHEMA: &str = "grade-accepted/1";

/// Which submissions had a grade when the grades were accepted.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    /// None before there is anything to accept.
    ids: Option<BTreeSet<SubmissionId>>,
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    ids: BTreeSet<SubmissionId>,
}

/// The grade of a submission when the grades were accepted.
#[derive(Debug)]
pub(super) enum Before {
    /// The same as now.
    Same,
    /// There was no such submission.
    New,
    /// The grade is not known any more.
    Unknown,
    /// This record, with its key if there is one.
    Was(Box<Record>, Option<Key>),
}

impl Accepted {
    /// Read the list from the folder. If its file is damaged, every record that is there counts as accepted,
    /// so that no grade is lost.
    pub(super) fn read(folder: &OutputDir) -> Result<Self, Fault> {
        let Some(bytes) = folder.read(FILE)? else {
            return Ok(Self::default());
        };
        let file = serde_json::from_slice::<File>(&bytes).ok();
        let ids = if let Some(file) = file.filter(|file| file.schema == SCHEMA) {
            file.ids
        } else {
            let mut ids = records::ids(folder)?;
            ids.extend(folder.list(output_dir::PREVIOUS_RECORDS)?.ids);
            ids.into_iter().collect()
        };
        Ok(Self { ids: Some(ids) })
    }

    /// Every submission with an accepted grade; `None` if grades were never accepted.
    pub(super) fn ids(&self) -> Option<&BTreeSet<SubmissionId>> {
        self.ids.as_ref()
    }

    /// Whether a submission had an accepted grade.
    pub(super) fn has(&self, id: &SubmissionId) -> bool {
        self.ids.as_ref().is_some_and(|ids| ids.contains(id))
    }

    /// Before a record is replaced: keep it if it is the accepted one. After that the old record has no key,
    /// so it is not used again.
    pub(super) fn set_aside(&self, folder: &OutputDir, id: &SubmissionId) -> Result<(), Fault> {
        let (key, record) = (output_dir::file(output_dir::KEYS, id), file_of(id));
        let (old_key, old_record) = (
            output_dir::file(output_dir::PREVIOUS_KEYS, id),
            old_file_of(id),
        );
        if !self.has(id) || folder.has(&old_record) {
            return folder.remove(&key);
        }
        folder.prepare_previous()?;
        if sound(folder, &record, &key, id)?.is_some() {
            // The key first. If the batch stops in between, the record has no key; it is not used, and is set
            // aside the next time.
            folder.rename(&key, &old_key)?;
            folder.rename(&record, &old_record)
        } else {
            folder.touch(&old_record)?;
            folder.remove(&key)
        }
    }

    /// The accepted grade of a submission.
    pub(super) fn before(&self, folder: &OutputDir, id: &SubmissionId) -> Result<Before, Fault> {
        if !self.has(id) {
            return Ok(Before::New);
        }
        let (record, key) = (
            old_file_of(id),
            output_dir::file(output_dir::PREVIOUS_KEYS, id),
        );
        if !folder.has(&record) {
            let is_there = folder.has(&file_of(id));
            return Ok(if is_there {
                Before::Same
            } else {
                Before::Unknown
            });
        }
        Ok(match sound(folder, &record, &key, id)? {
            Some((record, key)) => Before::Was(Box::new(record), key),
            None => Before::Unknown,
        })
    }

    /// The batch is complete: accept its grades if the user asks for it, or if there were none before.
    pub(super) fn complete(
        self,
        folder: &OutputDir,
        roster: &Roster,
        accept: bool,
    ) -> Result<(), Fault> {
        let ids = match self.ids {
            Some(ids) if !accept => ids,
            _ => roster.ids.iter().cloned().collect(),
        };
        let schema = SCHEMA.to_owned();
        folder.write(FILE, &json(&File { schema, ids })?)?;
        if accept {
            folder.remove_previous()?;
        }
        Ok(())
    }

    /// The names of files in `previous/` that no batch put there.
    pub(super) fn strays(&self, folder: &OutputDir) -> Result<Vec<String>, Fault> {
        let mut strays = Vec::new();
        for part in [output_dir::PREVIOUS_RECORDS, output_dir::PREVIOUS_KEYS] {
            let listing = folder.list(part)?;
            let strange = listing.ids.iter().filter(|id| !self.has(id));
            strays.extend(strange.map(|id| output_dir::file(part, id)));
            strays.extend(listing.others.iter().map(|name| format!("{part}/{name}")));
        }
        Ok(strays)
    }
}

fn file_of(id: &SubmissionId) -> String {
    output_dir::file(output_dir::RECORDS, id)
}

fn old_file_of(id: &SubmissionId) -> String {
    output_dir::file(output_dir::PREVIOUS_RECORDS, id)
}

/// A record that is sound, with its key if the key is sound too.
fn sound(
    folder: &OutputDir,
    record: &str,
    key: &str,
    id: &SubmissionId,
) -> Result<Option<(Record, Option<Key>)>, Fault> {
    let bytes = folder.read(record)?.unwrap_or_default();
    let key = folder.read(key)?.and_then(|bytes| Key::parse(&bytes));
    // A sound key of another record proves that the record was changed.
    let is_changed = key
        .as_ref()
        .is_some_and(|key| !key.is_of(&Digest::of(&bytes)));
    let record = records::parse(&bytes, id).filter(|_| !is_changed);
    Ok(record.map(|record| (record, key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> SubmissionId {
        name.parse().unwrap()
    }

    fn accepted(names: &[&str]) -> Accepted {
        Accepted {
            ids: Some(names.iter().map(|name| id(name)).collect()),
        }
    }

    fn put(folder: &OutputDir, name: &str, earned: u32) {
        let record = records::tests::example(name, earned);
        let bytes = json(&record).unwrap();
        folder.write(&file_of(&id(name)), &bytes).unwrap();
        let key = Key::new(std::collections::BTreeMap::new(), &bytes, None);
        key.write(folder, &id(name)).unwrap();
    }

    fn earned(before: &Before) -> u32 {
        match before {
            Before::Was(record, Some(_)) => record.score.unwrap().earned,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_accepted_record_stays_however_often_it_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        let accepted = accepted(&["alice"]);
        put(&folder, "alice", 10);
        assert!(matches!(
            accepted.before(&folder, &id("alice")).unwrap(),
            Before::Same
        ));
        for points in [20, 11] {
            accepted.set_aside(&folder, &id("alice")).unwrap();
            assert!(!folder.has("keys/alice.json"));
            put(&folder, "alice", points);
            let before = accepted.before(&folder, &id("alice")).unwrap();
            assert_eq!(earned(&before), 10);
        }
    }

    #[test]
    fn what_was_never_accepted_is_not_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        put(&folder, "bob", 3);
        accepted(&["alice"]).set_aside(&folder, &id("bob")).unwrap();
        Accepted::default().set_aside(&folder, &id("bob")).unwrap();
        assert!(
            folder
                .list(output_dir::PREVIOUS_RECORDS)
                .unwrap()
                .ids
                .is_empty()
        );
        assert!(!folder.has("keys/bob.json"));
    }

    #[test]
    fn a_damaged_record_counts_as_an_unknown_grade() {
        let dir = tempfile::tempdir().unwrap();
        let accepted = accepted(&["alice"]);
        for damage in ["", "{}", "\u{fffd}", "{\"schema\": \"grade-record/1\""] {
            let folder = OutputDir::lock(dir.path()).unwrap();
            put(&folder, "alice", 10);
            folder
                .write("records/alice.json", damage.as_bytes())
                .unwrap();
            accepted.set_aside(&folder, &id("alice")).unwrap();
            put(&folder, "alice", 4);
            let before = accepted.before(&folder, &id("alice")).unwrap();
            assert!(matches!(before, Before::Unknown), "{damage:?}: {before:?}");
            assert_eq!(
                folder.read(&old_file_of(&id("alice"))).unwrap(),
                Some(Vec::new())
            );
            folder.remove_previous().unwrap();
        }
    }

    #[test]
    fn a_damaged_list_counts_all_that_is_there_as_accepted() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        put(&folder, "alice", 10);
        assert!(Accepted::read(&folder).unwrap().ids().is_none());
        folder.write(FILE, b"{\"schema\": \"").unwrap();
        assert!(Accepted::read(&folder).unwrap().has(&id("alice")));
    }
}
