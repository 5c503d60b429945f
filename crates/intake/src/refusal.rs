//! A reason why a submission is not admitted, and a list of them that is short enough to read.
//!
//! Hides how many reasons are too many to read. Never words a reason.

use ids::words::count;

/// How many reasons are listed. A student would not read more.
const LISTED: usize = 20;

/// One reason why a submission is not admitted, in words for its student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What in the submission it is about, `.` for all of it. Safe to print.
    pub place: String,
    /// What is there, as a sentence without full stop.
    pub problem: String,
    /// What to do instead, as a sentence without full stop.
    pub remedy: String,
}

impl Refusal {
    pub(crate) fn new(place: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            // The top folder has no name of its own.
            place: if place.is_empty() { "." } else { place }.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

/// The reasons found so far.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    list: Vec<Refusal>,
    more: usize,
}

impl Refusals {
    pub(crate) fn add(&mut self, refusal: Refusal) {
        if self.list.len() < LISTED {
            self.list.push(refusal);
        } else {
            self.more += 1;
        }
    }

    /// A reason that concerns the whole submission: it stands first and is never left out.
    pub(crate) fn add_first(&mut self, refusal: Refusal) {
        self.list.insert(0, refusal);
    }

    pub(crate) fn is_any(&self) -> bool {
        !self.list.is_empty()
    }

    pub(crate) fn extend(&mut self, refusals: impl IntoIterator<Item = Refusal>) {
        refusals.into_iter().for_each(|refusal| self.add(refusal));
    }

    /// The listed reasons. If there are others, the last one gives their number.
    pub(crate) fn into_list(mut self) -> Vec<Refusal> {
        let verb = match self.more {
            0 => return self.list,
            1 => "is",
            _ => "are",
        };
        let more = format!("there {verb} {}", count(self.more, "more problem"));
        self.list
            .push(Refusal::new("", more, "mend those above first"));
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(place: &str) -> Refusal {
        Refusal::new(place, "is odd", "rename it")
    }

    fn listed(count: usize) -> Vec<Refusal> {
        let mut refusals = Refusals::default();
        for n in 0..count {
            refusals.add(odd(&format!("f{n}")));
        }
        refusals.into_list()
    }

    #[test]
    fn twenty_reasons_are_listed_and_the_others_counted() {
        assert_eq!(listed(20).len(), 20);
        let list = listed(27);
        assert_eq!(list.len(), 21);
        assert_eq!(list[20].problem, "there are 7 more problems");
        assert_eq!(listed(21)[20].problem, "there is 1 more problem");
    }

    #[test]
    fn a_reason_about_the_whole_is_always_listed() {
        let mut refusals = Refusals::default();
        for _ in 0..27 {
            refusals.add(odd("f"));
        }
        refusals.add_first(Refusal::new("", "whole", "do"));
        let list = refusals.into_list();
        assert_eq!(
            (list[0].place.as_str(), list[0].problem.as_str()),
            (".", "whole")
        );
        assert_eq!(list.len(), 22);
    }
}
