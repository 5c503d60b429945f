//! The submissions of a class with all that is known of each, one at a time.
//!
//! Hides from which files that comes. Never keeps more than one of them in memory.

use std::collections::BTreeMap;

use super::{
    outputs::Outputs,
    records,
    roster::{Class, Roster},
    usage::Measured,
};
use crate::fault::Fault;
use ids::SubmissionId;
use report::Entry;

/// Reads the entries of the outputs of a batch.
pub(super) struct Entries<'a> {
    outputs: &'a Outputs,
    class: Option<Class>,
    /// The other submissions of a person, by the submission and the person's place among its people.
    others: BTreeMap<(&'a SubmissionId, usize), Vec<SubmissionId>>,
    measured: Measured<'a>,
}

impl<'a> Entries<'a> {
    pub(super) fn of(outputs: &'a Outputs) -> Result<Self, Fault> {
        let roster = outputs.roster.as_ref();
        Ok(Self {
            outputs,
            class: roster.map(Roster::named),
            others: roster.map(Roster::others).unwrap_or_default(),
            measured: Measured::of(&outputs.folder)?,
        })
    }

    /// The entry of the submission at this place, without what was measured; none if its record is gone.
    pub(super) fn unmeasured(&self, at: usize) -> Result<Option<Entry>, Fault> {
        let outputs = self.outputs;
        let id = &outputs.done[at];
        let Some(record) = records::read(&outputs.folder, id)? else {
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
            fingerprint: outputs.fingerprints[at].clone(),
            folder: outputs.places.get(id).cloned(),
        }))
    }

    /// Put into an entry what was measured, as far as it is known.
    pub(super) fn give_back(&self, entry: &mut Entry) -> Result<(), Fault> {
        self.measured.give_back(&mut entry.record)
    }
}
