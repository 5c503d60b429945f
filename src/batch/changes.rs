//! Who moved since the last time, and why.
//!
//! Compares what was set aside with what is there now, by records and keys alone, so that it can be done
//! again at any time. Never says that somebody moved who stands as before.

use super::{
    folder::{self, Folder},
    outputs,
    state::{Key, Parts},
};
use crate::{
    fault::Fault,
    report::{Change, Standing},
};

/// Everybody whose verdict or points are not what they were, by id.
pub(super) fn since(folder: &Folder) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    for id in folder.ids(folder::PREVIOUS_RECORDS)? {
        let Some(before) = outputs::record(folder, folder::PREVIOUS_RECORDS, &id)? else {
            continue;
        };
        let key = |part| -> Result<Option<Key>, Fault> {
            let bytes = folder.read(&folder::file(part, &id))?;
            Ok(bytes.and_then(|bytes| Key::parse(&bytes)))
        };
        let after = outputs::record(folder, folder::RECORDS, &id)?;
        let (before, after) = (Standing::from(&before), after.as_ref().map(Standing::from));
        if after == Some(before) {
            continue;
        }
        let why = match (key(folder::PREVIOUS_KEYS)?, key(folder::KEYS)?) {
            _ if after.is_none() => "there is no such submission any more".to_owned(),
            (Some(old), Some(new)) => why(&old.parts, &new.parts),
            _ => "what the old record was made from is not known".to_owned(),
        };
        changes.push(Change {
            id,
            before,
            after,
            why,
        });
    }
    Ok(changes)
}

/// What differs, in words.
fn why(old: &Parts, new: &Parts) -> String {
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
        let parts = |pairs: &[(&str, &str)]| -> Parts {
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
