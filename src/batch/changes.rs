//! Who moved since the grades were accepted, and why.
//!
//! Compares what was set aside with what is there now, by records and keys alone, so that it can be done
//! again at any time. Never says that somebody moved who stands as before.

use super::{
    accepted::{Accepted, Before},
    key::{Inputs, Key},
    output_dir::OutputDir,
    records,
    roster::Roster,
};
use crate::fault::Fault;
use ids::SubmissionId;
use judge::report::{Change, Earlier, Standing};

/// Everybody whose verdict, points or checks are not what they were, by id; of the class those who are
/// `done`.
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
        // Of somebody else in the class the turn has not come yet.
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
            // A batch is under way and replaces it just now.
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

/// What differs, in words.
fn why(old: &Inputs, new: &Inputs) -> String {
    let differs = |names: &[&str]| names.iter().any(|name| old.get(*name) != new.get(*name));
    let words: Vec<&str> = [
        ("the submission", &["submission"][..]),
        ("the exercise", &["exercise", "crates"]),
        ("the seeds", &["seeds"]),
        ("the grader", &["grader", "isolation", "observer"]),
        ("the toolchain", &["toolchain"]),
    ]
    .into_iter()
    .filter(|(_, names)| differs(names))
    .map(|(words, _)| words)
    .collect();
    match words.split_last() {
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
        let parts = |pairs: &[(&str, &str)]| -> Inputs {
            pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect()
        };
        let old = parts(&[("submission", "a"), ("exercise", "b"), ("toolchain", "c")]);
        let new = parts(&[("submission", "x"), ("exercise", "b"), ("toolchain", "y")]);
        assert_eq!(why(&old, &old), "graded again, nothing else changed");
        assert_eq!(why(&old, &new), "the submission and the toolchain changed");
        let new = parts(&[("submission", "a"), ("exercise", "z"), ("toolchain", "c")]);
        assert_eq!(why(&old, &new), "the exercise changed");
    }
}
