//! What each record of a batch was made from.
//!
//! Hides the key files and when a record is used again: only if every input is the same, and if the record's
//! file is the same to the byte. Never judges what a difference means; `changes` puts it in words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    output_dir::{self, OutputDir},
    records::{self, json},
};
use crate::fault::Fault;
use ids::{Digest, SubmissionId};
use judge::record::{Record, Verdict};

const KEY_SCHEMA: &str = "grade-key/1";

/// Every input that decides the contents of a record, by its name. All submissions of a class share them,
/// except for the submission's own id and files.
pub(super) type Inputs = BTreeMap<String, String>;

/// What a record was made from, kept beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    schema: String,
    /// Everything that the record was made from.
    #[serde(rename = "parts")]
    pub(super) inputs: Inputs,
    /// The digest of the record's file.
    record: Digest,
    /// The digest of the submission's source without its formatting, if it has any.
    #[serde(rename = "shape")]
    pub(super) fingerprint: Option<Digest>,
    /// The digest of all of the above.
    seal: Option<Digest>,
}

/// What an earlier batch left of a submission.
#[derive(Debug, PartialEq)]
pub(super) enum CacheLookup {
    /// A record that is up to date.
    Unchanged(Box<(Record, Key)>),
    /// A record that was made from other inputs, or of a submission that was not graded.
    Changed,
    /// A record or a key that is damaged.
    Damaged,
    /// Nothing.
    Nothing,
}

impl Key {
    /// The key of a record whose file holds `bytes`.
    pub(super) fn new(inputs: Inputs, bytes: &[u8], fingerprint: Option<Digest>) -> Self {
        let mut key = Self {
            schema: KEY_SCHEMA.to_owned(),
            inputs,
            record: Digest::of(bytes),
            fingerprint,
            seal: None,
        };
        key.seal = Some(key.digest());
        key
    }

    fn digest(&self) -> Digest {
        let Self {
            schema,
            inputs,
            record,
            fingerprint,
            seal: _,
        } = self;
        Digest::of(format!("{schema}\n{inputs:?}\n{record}\n{fingerprint:?}").as_bytes())
    }

    /// Whether it is the key of the record whose file has this digest.
    pub(super) fn is_of(&self, record: &Digest) -> bool {
        self.record == *record
    }

    /// Whether it is the key of this submission.
    pub(super) fn is_for(&self, id: &SubmissionId) -> bool {
        self.inputs.get("id").map(String::as_str) == Some(id.as_str())
    }

    /// Whether its record was made from all of these.
    pub(super) fn has(&self, shared: &Inputs) -> bool {
        self.lacks(shared).is_empty()
    }

    /// The names of all of these from which its record was not made.
    pub(super) fn lacks<'i>(&self, shared: &'i Inputs) -> Vec<&'i str> {
        let all = shared.iter();
        let lacking = all.filter(|(name, value)| self.inputs.get(*name) != Some(*value));
        lacking.map(|(name, _)| name.as_str()).collect()
    }

    /// The key of a submission, if there is one and it is sound.
    pub(super) fn read(folder: &OutputDir, id: &SubmissionId) -> Result<Option<Self>, Fault> {
        let bytes = folder.read(&output_dir::file(output_dir::KEYS, id))?;
        let key = bytes.and_then(|bytes| Self::parse(&bytes));
        Ok(key.filter(|key| key.is_for(id)))
    }

    /// A key, if `bytes` are a sound one.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let key: Self = serde_json::from_slice(bytes).ok()?;
        (key.schema == KEY_SCHEMA && key.seal == Some(key.digest())).then_some(key)
    }

    pub(super) fn write(&self, folder: &OutputDir, id: &SubmissionId) -> Result<(), Fault> {
        folder.write_unsynced(&output_dir::file(output_dir::KEYS, id), &json(self)?)
    }
}

/// The inputs of one submission: those of the batch, its id and its files.
pub(super) fn inputs_of(shared: &Inputs, id: &SubmissionId, content: &Digest) -> Inputs {
    let mut inputs = shared.clone();
    inputs.insert("id".to_owned(), id.to_string());
    inputs.insert("submission".to_owned(), content.to_string());
    inputs
}

/// Look up the record of a submission whose inputs are `now`.
pub(super) fn look_up(
    folder: &OutputDir,
    id: &SubmissionId,
    now: &Inputs,
) -> Result<CacheLookup, Fault> {
    let record = folder.read(&output_dir::file(output_dir::RECORDS, id))?;
    let key = folder.read(&output_dir::file(output_dir::KEYS, id))?;
    let (bytes, key) = match (record, key) {
        (Some(record), Some(key)) => (record, key),
        // The batch was stopped after it wrote the record and before it wrote the key.
        (Some(_), None) => return Ok(CacheLookup::Changed),
        (None, None) => return Ok(CacheLookup::Nothing),
        (None, Some(_)) => return Ok(CacheLookup::Damaged),
    };
    let Some(key) = Key::parse(&key) else {
        return Ok(CacheLookup::Damaged);
    };
    let record = records::parse(&bytes, id).filter(|_| key.is_of(&Digest::of(&bytes)));
    let Some(record) = record else {
        return Ok(CacheLookup::Damaged);
    };
    if !key.is_for(id) {
        return Ok(CacheLookup::Damaged);
    }
    if key.inputs != *now || record.verdict == Verdict::NotGraded {
        return Ok(CacheLookup::Changed);
    }
    Ok(CacheLookup::Unchanged(Box::new((record, key))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_changed_is_not_used() {
        let inputs = Inputs::from([("seeds".to_owned(), "0 7".to_owned())]);
        let key = Key::new(inputs, b"record", Some(Digest::of(b"shape")));
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
}
