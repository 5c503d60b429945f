//! Give each student an id that no other has, in capitals or not.
//!
//! Hides when a digest becomes part of an id. An id does not depend on the order of the folder, and the ids of
//! students whose names are not alike do not depend on each other. Never touches the disk.

use std::collections::{BTreeMap, BTreeSet};

use ids::SubmissionId;

use crate::names;

/// A student: what the id is made of, and what no other student has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) label: String,
    pub(super) unique: Vec<u8>,
}

/// The ids of a class.
#[derive(Debug)]
pub(super) struct Ids {
    /// The id of each, in their order, and whether a digest tells it from another one.
    pub(super) each: Vec<(SubmissionId, bool)>,
    /// Those whose ids would be equal.
    pub(super) alike: Vec<Vec<usize>>,
}

/// The ids of these students.
pub(super) fn ids(students: &[Whose]) -> Ids {
    let plain = students
        .iter()
        .map(|one| SubmissionId::from_folder_name(&one.label));
    let plain = plain.collect::<Vec<_>>();
    let mut alike = BTreeMap::<String, Vec<usize>>::new();
    for (at, id) in plain.iter().enumerate() {
        alike.entry(names::fold(id.as_str())).or_default().push(at);
    }
    let several = alike.values().filter(|all| all.len() > 1);
    let several = several.cloned().collect();
    let mut taken = BTreeSet::new();
    let mut apart = Vec::new();
    for (fold, all) in alike {
        let is_spelled = |at: &&usize| plain[**at].as_str() == students[**at].label;
        let spelled = all.iter().filter(is_spelled).copied().collect::<Vec<_>>();
        // Who has exactly this name keeps it; if there are two, nobody could tell which.
        let keeps = match (&all[..], &spelled[..]) {
            ([only], _) | (_, [only]) => Some(*only),
            _ => None,
        };
        if keeps.is_some() {
            taken.insert(fold);
        }
        apart.extend(all.into_iter().filter(|at| Some(*at) != keeps));
    }
    let mut ids = plain.into_iter().map(|id| (id, false)).collect::<Vec<_>>();
    // The same names get the same ids in whatever order they come.
    apart.sort_by(|a, b| students[*a].unique.cmp(&students[*b].unique));
    let mut labels = BTreeMap::<&str, usize>::new();
    for at in &apart {
        *labels.entry(&students[*at].label).or_default() += 1;
    }
    for at in apart {
        let Whose { label, unique } = &students[at];
        let what = if labels[label.as_str()] == 1 {
            label.as_bytes()
        } else {
            unique
        };
        let mut level = 1;
        let id = loop {
            // More digits, and when there are no more, another digest.
            let mut what = what.to_vec();
            what.resize(what.len() + level / 5, 0);
            let id = SubmissionId::told_apart(label, &what, level);
            if taken.insert(names::fold(id.as_str())) {
                break id;
            }
            level += 1;
        };
        ids[at] = (id, true);
    }
    Ids {
        each: ids,
        alike: several,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(labels: &[&str]) -> Vec<String> {
        let students = labels.iter().enumerate().map(|(at, label)| Whose {
            label: (*label).to_owned(),
            unique: format!("{label} {at}").into_bytes(),
        });
        let ids = ids(&students.collect::<Vec<_>>()).each.into_iter();
        ids.map(|(id, _)| id.to_string()).collect()
    }

    #[test]
    fn who_has_exactly_the_name_keeps_it() {
        let ids = of(&["a b", "a_b", "zoe"]);
        assert!(ids[0].starts_with("a_b-"), "{ids:?}");
        assert_eq!(ids[1..], ["a_b", "zoe"]);
        let ids = of(&["j.Doe", "j.doe"]);
        assert!(
            ids[0].starts_with("j.Doe-") && ids[1].starts_with("j.doe-"),
            "{ids:?}"
        );
        // A name that is the digest's of another.
        let digest = of(&["a b", "a_b"])[0].clone();
        assert_eq!(
            of(&["a b", "a_b", &digest])
                .iter()
                .collect::<BTreeSet<_>>()
                .len(),
            3
        );
        assert_eq!(
            of(&["x", "x", "x"]).iter().collect::<BTreeSet<_>>().len(),
            3
        );
    }

    proptest! {
        #[test]
        fn ids_are_unique_without_capitals(labels in prop::collection::vec("[aAbBéÉ _.-]{0,4}|.{0,80}|x{70,90}", 0..40)) {
            let labels = labels.iter().map(String::as_str).collect::<Vec<_>>();
            let ids = of(&labels);
            let folds = ids.iter().map(|id| names::fold(id)).collect::<BTreeSet<_>>();
            prop_assert_eq!(folds.len(), labels.len());
            prop_assert!(ids.iter().all(|id| id.parse::<SubmissionId>().is_ok()));
        }
    }
}
