//! The submissions of a class with all that is known of each, one at a time.
//!
//! Hides from which files that comes. Never keeps more than one of them in memory.

use std::collections::BTreeMap;

use super::{
    output_dir::OutputDir,
    records,
    roster::{Class, Roster},
    usage::Measured,
};
use crate::fault::Fault;
use ids::{Digest, SubmissionId};
use report::Entry;

/// What the outputs of a batch know of all submissions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) folder: &'a OutputDir,
    pub(super) roster: Option<&'a Roster>,
    /// The submissions with a record.
    pub(super) done: &'a [SubmissionId],
    /// The fingerprints of their sources.
    pub(super) fingerprints: &'a [Option<Digest>],
    /// Where submissions are in a repository.
    pub(super) places: &'a BTreeMap<SubmissionId, String>,
}

/// Reads the entries of the outputs of a batch.
pub(super) struct Entries<'a> {
    known: Known<'a>,
    class: Option<Class>,
    /// The other submissions of a person, by the submission and the person's place among its people.
    others: BTreeMap<(&'a SubmissionId, usize), Vec<SubmissionId>>,
    measured: Measured<'a>,
}

impl<'a> Entries<'a> {
    pub(super) fn of(known: Known<'a>) -> Result<Self, Fault> {
        Ok(Self {
            class: known.roster.map(Roster::named),
            others: known.roster.map(Roster::others).unwrap_or_default(),
            measured: Measured::of(known.folder)?,
            known,
        })
    }

    /// The entry of the submission at this place, without what was measured; none if its record is gone.
    pub(super) fn unmeasured(&self, at: usize) -> Result<Option<Entry>, Fault> {
        let Known {
            folder,
            done,
            fingerprints,
            places,
            ..
        } = self.known;
        let id = &done[at];
        let Some(record) = records::read(folder, id)? else {
            return Ok(None);
        };
        let class = self.class.as_ref();
        let people = class.and_then(|class| class.people.get(id));
        let people = people.into_iter().flatten().enumerate();
        let people = people.map(|(at, person)| report::Person {
            others: self.others.get(&(id, at)).cloned().unwrap_or_default(),
            ..person.into()
        });
        Ok(Some(Entry {
            record,
            handed_in: class.map(|class| class.handed_in(id)),
            people: people.collect(),
            fingerprint: fingerprints[at].clone(),
            folder: places.get(id).cloned(),
        }))
    }

    /// Put into an entry what was measured, as far as it is known.
    pub(super) fn give_back(&self, entry: &mut Entry) -> Result<(), Fault> {
        self.measured.give_back(&mut entry.record)
    }
}
