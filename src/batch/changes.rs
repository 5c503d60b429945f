//! Which grades changed since grades were accepted, and why.
//!
//! Compares the accepted records with the present ones, by records and keys alone, so that the comparison can
//! be made again at any time. Never reports a change where verdict, points and checks are the same.

use super::{
    accepted::{Accepted, Before},
    key::{Inputs, Key},
    output_dir::OutputDir,
    records,
    roster::Roster,
};
use crate::fault::Fault;
use ids::SubmissionId;
use report::{Change, Earlier, Standing};

/// The submissions whose verdict, points or checks changed, by id. Submissions of the class that are not in
/// `done` are left out.
pub(super) fn since(
    folder: &OutputDir,
    accepted: &Accepted,
    roster: &Roster,
    done: &[SubmissionId],
) -> Result<Vec<Change>, Fault> {
    let Some(before) = accepted.ids() else {
        return Ok(Vec::new());
    };
    let mut ids: Vec<&SubmissionId> = before.iter().chain(&roster.ids).collect();
    ids.sort();
    ids.dedup();
    let mut changes = Vec::new();
    for id in ids {
        // This submission is in the class, but this batch has not graded it yet.
        if roster.has(id) && done.binary_search(id).is_err() {
            continue;
        }
        changes.extend(change(folder, accepted, roster, id)?);
    }
    Ok(changes)
}

fn change(
    folder: &OutputDir,
    accepted: &Accepted,
    roster: &Roster,
    id: &SubmissionId,
) -> Result<Option<Change>, Fault> {
    let is_here = roster.has(id);
    let before = accepted.before(folder, id)?;
    if is_here && matches!(before, Before::Same) {
        return Ok(None);
    }
    let after = if is_here {
        match records::read(folder, id)? {
            Some(record) => Some(record),
            // A batch is running and is about to replace this record.
            None => return Ok(None),
        }
    } else {
        None
    };
    let after = after.as_ref().map(Standing::from);
    let (before, why) = match before {
        Before::New => (Earlier::Nothing, None),
        Before::Was(record, key) => {
            let before = Standing::from(&*record);
            if after.as_ref() == Some(&before) {
                return Ok(None);
            }
            let why = match (key, Key::read(folder, id)?) {
                (Some(old), Some(new)) => why(&old.inputs, &new.inputs),
                _ => "what the old record was made from is not known".to_owned(),
            };
            (Earlier::Was(before), Some(why))
        }
        Before::Same | Before::Unknown => {
            let why = "the accepted record cannot be read".to_owned();
            (Earlier::Unknown, Some(why))
        }
    };
    let why = match after {
        None => Some("there is no such submission any more".to_owned()),
        Some(_) => why,
    };
    let id = id.clone();
    Ok(Some(Change {
        id,
        before,
        after,
        why,
    }))
}

/// A sentence that names the inputs that differ.
fn why(old: &Inputs, new: &Inputs) -> String {
    let differs = |names: &[&str]| names.iter().any(|name| old.get(*name) != new.get(*name));
    let changed: Vec<&str> = [
        ("the submission", &["submission"][..]),
        ("the exercise", &["exercise", "crates"]),
        ("the seeds", &["seeds"]),
        ("the grader", &["grader", "isolation", "observer"]),
        ("the toolchain", &["toolchain"]),
    ]
    .into_iter()
    .filter(|(_, names)| differs(names))
    .map(|(changed, _)| changed)
    .collect();
    match changed.split_last() {
        None => "graded again, nothing else changed".to_owned(),
        Some((last, [])) => format!("{last} changed"),
        Some((last, others)) => format!("{} and {last} changed", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_names_all_that_differs() {
        let inputs = |pairs: &[(&str, &str)]| -> Inputs {
            pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect()
        };
        let old = inputs(&[("submission", "a"), ("exercise", "b"), ("toolchain", "c")]);
        let new = inputs(&[("submission", "x"), ("exercise", "b"), ("toolchain", "y")]);
        assert_eq!(why(&old, &old), "graded again, nothing else changed");
        assert_eq!(why(&old, &new), "the submission and the toolchain changed");
        let new = inputs(&[("submission", "a"), ("exercise", "z"), ("toolchain", "c")]);
        assert_eq!(why(&old, &new), "the exercise changed");
    }
}
