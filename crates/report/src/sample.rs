//! Which submissions of a large class a report shows one by one.
//!
//! A browser and a reader take so many. Of a larger class, those that were not graded are shown, and a sample of the
//! others. It is chosen by digests of the ids, so it does not depend on an order, and stays nearly the same when others come
//! or go. Never decides what is counted: counts are of everybody.

use std::collections::BTreeSet;

use ids::{Digest, SubmissionId, words::count};

/// The most submissions that are shown one by one.
pub(crate) const MOST: usize = 2_000;
/// So many of them are always for those that were not graded.
const MOST_NOT_GRADED: usize = MOST / 2;

/// All submissions of a class, while they pass by.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    not_graded: Chosen,
    others: Chosen,
}

/// Those of one kind: the smallest digests.
#[derive(Debug, Default)]
struct Chosen {
    ids: BTreeSet<(Digest, SubmissionId)>,
    /// How many there are.
    all: usize,
}

impl Chosen {
    fn add(&mut self, id: &SubmissionId) {
        self.all += 1;
        let digest = Digest::of(id.as_str().as_bytes());
        self.ids.insert((digest, id.clone()));
        if self.ids.len() > MOST {
            self.ids.pop_last();
        }
    }
}

impl Sample {
    pub(crate) fn add(&mut self, id: &SubmissionId, is_graded: bool) {
        let chosen = if is_graded {
            &mut self.others
        } else {
            &mut self.not_graded
        };
        chosen.add(id);
    }

    /// Those who are shown.
    pub(crate) fn shown(&self) -> Shown {
        let room = MOST.saturating_sub(self.others.all).max(MOST_NOT_GRADED);
        let not_graded = self.not_graded.ids.len().min(room);
        let others = self.others.ids.len().min(MOST - not_graded);
        let first = self.not_graded.ids.iter().take(not_graded);
        let chosen = first.chain(self.others.ids.iter().take(others));
        Shown {
            ids: chosen.map(|(_, id)| id.clone()).collect(),
            not_graded: (not_graded, self.not_graded.all),
            all: self.not_graded.all + self.others.all,
        }
    }
}

/// The submissions that are shown one by one.
#[derive(Debug)]
pub(crate) struct Shown {
    ids: BTreeSet<SubmissionId>,
    /// How many that were not graded are shown, and how many there are.
    not_graded: (usize, usize),
    /// How many submissions there are.
    all: usize,
}

impl Shown {
    pub(crate) fn has(&self, id: &SubmissionId) -> bool {
        self.ids.contains(id)
    }

    /// Whether nobody is left out.
    pub(crate) fn is_all(&self) -> bool {
        self.ids.len() == self.all
    }

    /// Who is shown and where the others are; nothing if that is everybody.
    pub(crate) fn words(&self) -> Option<String> {
        if self.is_all() {
            return None;
        }
        let (shown, all) = self.not_graded;
        let not_graded = match (shown, all) {
            (_, 0) => String::new(),
            (1, 1) => "the one that was not graded, and ".to_owned(),
            (shown, all) if shown == all => format!("all {all} that were not graded, and "),
            (shown, all) => format!("{shown} of the {all} that were not graded, and "),
        };
        let others = self.ids.len() - shown;
        let of = if all == 0 { "" } else { " of the others" };
        Some(format!(
            "Of {}, {} are shown one by one: {not_graded}{others}{of}, chosen by a digest of their ids. Counts are of \
             everybody. `gradebook.csv` has a line for each submission; `grade report OUT/records/ID.json --format html`, with \
             the folder of the batch as OUT, makes the page of one.",
            count(self.all, "submission"),
            self.ids.len(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> SubmissionId {
        format!("s{number}").parse().unwrap()
    }

    /// Of a class, `not_graded` of which were not graded: how many of these are shown, and how many others.
    fn shown(all: usize, not_graded: usize) -> (usize, usize) {
        let mut sample = Sample::default();
        (0..all).for_each(|number| sample.add(&id(number), number >= not_graded));
        let shown = sample.shown();
        assert_eq!(shown.is_all(), all <= MOST, "{all}");
        assert_eq!(shown.words().is_none(), all <= MOST, "{all}");
        let count =
            |numbers: std::ops::Range<usize>| numbers.filter(|n| shown.has(&id(*n))).count();
        let (one, other) = (count(0..not_graded), count(not_graded..all));
        assert_eq!(one + other, all.min(MOST));
        (one, other)
    }

    #[test]
    fn everybody_is_shown_up_to_the_limit_and_those_not_graded_before_others_behind_it() {
        for (class, expected) in [
            ((3, 1), (1, 2)),
            ((2000, 0), (0, 2000)),
            ((2000, 2000), (2000, 0)),
            ((2001, 0), (0, 2000)),
            ((2001, 3), (3, 1997)),
            ((5000, 1000), (1000, 1000)),
            ((5000, 1001), (1000, 1000)),
            ((5000, 4990), (1990, 10)),
            ((5000, 5000), (2000, 0)),
        ] {
            assert_eq!(shown(class.0, class.1), expected, "{class:?}");
        }
    }

    #[test]
    fn the_sample_depends_on_no_order_and_stays_when_one_comes() {
        let of = |numbers: &mut dyn Iterator<Item = usize>| {
            let mut sample = Sample::default();
            numbers.for_each(|number| sample.add(&id(number), true));
            sample.shown().ids
        };
        let forwards = of(&mut (0..4000));
        assert_eq!(forwards, of(&mut (0..4000).rev()));
        assert_eq!(forwards.len(), MOST);
        let one_more = of(&mut (0..4001));
        assert!(forwards.difference(&one_more).count() <= 1);
    }

    #[test]
    fn the_words_name_who_is_left_out() {
        let words = |all, not_graded| {
            let mut sample = Sample::default();
            (0..all).for_each(|number| sample.add(&id(number), number >= not_graded));
            sample.shown().words().unwrap()
        };
        for (class, part) in [
            (
                (2001, 0),
                "Of 2001 submissions, 2000 are shown one by one: 2000, chosen by",
            ),
            (
                (3000, 1),
                ": the one that was not graded, and 1999 of the others, chosen",
            ),
            (
                (3000, 9),
                ": all 9 that were not graded, and 1991 of the others, chosen",
            ),
            (
                (9000, 2222),
                ": 1000 of the 2222 that were not graded, and 1000 of the others",
            ),
        ] {
            let words = words(class.0, class.1);
            assert!(words.contains(part), "{words}");
        }
    }
}
