//! Why submissions fail, with equal mistakes grouped.
//!
//! Two messages have the same cause if they differ only in numbers that stand alone. Where all messages of a
//! cause have the same number, it is shown; where they differ, a few numbers are listed, and many become a
//! range.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use ids::SubmissionId;

/// How many different numbers are listed; more become a range.
const LISTED: usize = 3;

/// All causes met.
#[derive(Debug, Default)]
pub(crate) struct Causes(BTreeMap<String, Cause>);

/// One cause.
#[derive(Debug, Default)]
struct Cause {
    /// The longest message: where messages differ, it has the plural.
    words: Vec<String>,
    /// The different numbers at each place, in the order of the places.
    numbers: Vec<Numbers>,
    ids: Vec<SubmissionId>,
}

impl Causes {
    /// Add a submission's message.
    pub(crate) fn add(&mut self, message: &str, id: &SubmissionId) {
        let (words, numbers) = read(message);
        let cause = self.0.entry(key(&words)).or_default();
        let length = |words: &[String]| words.iter().map(String::len).sum::<usize>();
        if length(&words) > length(&cause.words) {
            cause.words = words;
        }
        cause.numbers.resize_with(numbers.len(), Numbers::default);
        for (known, number) in cause.numbers.iter_mut().zip(numbers) {
            known.add(number);
        }
        cause.ids.push(id.clone());
    }

    /// The message of each cause with its submissions, the most frequent first.
    pub(crate) fn by_number(&self) -> Vec<(String, &[SubmissionId])> {
        let mut causes: Vec<_> = self.0.values().collect();
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.ids.len()));
        let causes = causes.into_iter();
        causes
            .map(|cause| (cause.message(), cause.ids.as_slice()))
            .collect()
    }
}

impl Cause {
    fn message(&self) -> String {
        let mut numbers = self.numbers.iter().map(Numbers::together);
        let words = self.words.iter().map(|word| {
            if word.contains(PLACE) {
                word.replacen(PLACE, &numbers.next().unwrap_or_default(), 1)
            } else {
                word.clone()
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Stands for a number in a word. No message contains it, since it is not printable.
const PLACE: char = '\0';

/// A message word by word, and the numbers taken out of it. What is in backticks is a name and stays, and
/// so do words with digits, such as a compiler's code.
fn read(message: &str) -> (Vec<String>, Vec<String>) {
    let mut numbers = Vec::new();
    let mut is_name = false;
    let words = message.replace(PLACE, " ");
    let words = words.split(' ').map(|word| {
        let was_name = is_name;
        is_name ^= word.matches('`').count() % 2 == 1;
        let core = word.trim_matches(|c: char| c.is_ascii_punctuation());
        let is_number = core.starts_with(|c: char| c.is_ascii_digit())
            && core.chars().all(|c| c.is_ascii_digit() || c == '.');
        if is_number && !was_name && !word.contains('`') {
            numbers.push(core.to_owned());
            word.replacen(core, &PLACE.to_string(), 1)
        } else {
            word.to_owned()
        }
    });
    (words.collect(), numbers)
}

/// What messages of one cause have in common. After a number, singular and plural of a noun are equal.
fn key(words: &[String]) -> String {
    let mut key: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let follows = |back: usize| {
            at.checked_sub(back)
                .is_some_and(|at| words[at].ends_with(PLACE))
        };
        let core = word.trim_matches(|c: char| c.is_ascii_punctuation());
        let is_one = match core {
            "error" | "dataset" | "run" => follows(1),
            "file" => follows(1) || follows(2) && words[at - 1] == "data",
            _ => false,
        };
        key.push(if is_one {
            word.replacen(core, &format!("{core}s"), 1)
        } else {
            word.clone()
        });
    }
    key.join(" ")
}

/// The different numbers at one place of a message. Of many, only the ends of their range are kept: each of a hundred
/// thousand submissions may have a number of its own.
#[derive(Debug, Default)]
struct Numbers(BTreeSet<Number>);

impl Numbers {
    fn add(&mut self, text: String) {
        let value = text.parse().unwrap_or(f64::MAX);
        self.0.insert(Number { value, text });
        // One more than are listed says that it is a range; any but the ends can go.
        if self.0.len() > LISTED + 1
            && let Some(inner) = self.0.iter().nth(1).cloned()
        {
            self.0.remove(&inner);
        }
    }

    /// Numbers as one: `7`, `2 or 7`, `2, 3 or 7`, `2 to 90`.
    fn together(&self) -> String {
        let texts: Vec<&str> = self.0.iter().map(|number| number.text.as_str()).collect();
        match &texts[..] {
            [] => String::new(),
            [only] => (*only).to_owned(),
            [others @ .., last] if others.len() < LISTED => {
                format!("{} or {last}", others.join(", "))
            }
            [first, .., last] => format!("{first} to {last}"),
        }
    }
}

/// A number in the order of its value, and then of how it is written.
#[derive(Debug, Clone)]
struct Number {
    value: f64,
    text: String,
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_value = self.value.total_cmp(&other.value);
        by_value.then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(messages: &[&str]) -> Vec<String> {
        let mut causes = Causes::default();
        for (at, message) in messages.iter().enumerate() {
            causes.add(message, &SubmissionId::from_folder_name(&format!("s{at}")));
        }
        let causes = causes.by_number().into_iter();
        causes
            .map(|(message, ids)| format!("{} {message}", ids.len()))
            .collect()
    }

    #[test]
    fn parts_that_are_equal_in_all_messages_are_shown_unchanged() {
        for message in [
            "run: the run on seed 7 was stopped after 10.4 s, its time limit",
            "total: wrong on all 2 datasets",
            "only 1.25 reads at once, by 8",
            "files-read: 1 data file was not read",
            "build: it does not compile: 2 errors (E0425, E0308)",
            "no number",
        ] {
            assert_eq!(grouped(&[message]), [format!("1 {message}")]);
            assert_eq!(grouped(&[message, message]), [format!("2 {message}")]);
        }
    }

    #[test]
    fn equal_mistakes_are_one_cause_that_lists_what_differs() {
        for (messages, expected) in [
            (
                &[
                    "the run on seed 7131 panicked (exit code 101)",
                    "the run on seed 0 panicked (exit code 101)",
                ][..],
                "2 the run on seed 0 or 7131 panicked (exit code 101)",
            ),
            (
                &[
                    "it does not compile: 1 error (E0308)",
                    "it does not compile: 3 errors (E0308)",
                ],
                "2 it does not compile: 1 or 3 errors (E0308)",
            ),
            (
                &[
                    "only 1 of 1000 data files were read",
                    "only 37 of 1000 data files were read",
                    "only 9 of 1000 data files were read",
                    "only 2 of 1000 data files were read",
                ],
                "4 only 1 to 37 of 1000 data files were read",
            ),
            (
                &["wrong on 1 of 3 datasets", "wrong on 2 of 3 datasets"],
                "2 wrong on 1 or 2 of 3 datasets",
            ),
        ] {
            assert_eq!(grouped(messages), [expected]);
        }
    }

    #[test]
    fn other_mistakes_are_other_causes() {
        for (one, other) in [
            (
                "it does not compile: 1 error (E0308)",
                "it does not compile: 1 error (E0425)",
            ),
            ("it depends on `rand 0.8`", "it depends on `rand 0.9`"),
            (
                "the thread `worker 17` panicked",
                "the thread `worker 8` panicked",
            ),
            ("ended by SIGSEGV11", "ended by SIGSEGV7"),
            ("1 errorless", "1 errorlesss"),
        ] {
            assert_eq!(grouped(&[one, other]).len(), 2, "{one}");
        }
    }

    #[test]
    fn of_many_numbers_only_a_few_are_kept() {
        let mut causes = Causes::default();
        for number in 0..1000_u32 {
            // Neither in their order nor the ends first.
            let number = (number * 617 + 300) % 1000;
            let id = SubmissionId::from_folder_name(&format!("s{number}"));
            causes.add(&format!("the total is {number}"), &id);
        }
        let [(message, ids)] = &causes.by_number()[..] else {
            panic!("not one cause: {causes:?}");
        };
        assert_eq!(
            (message.as_str(), ids.len()),
            ("the total is 0 to 999", 1000)
        );
        let kept = causes.0.values().map(|cause| cause.numbers[0].0.len());
        assert_eq!(kept.collect::<Vec<_>>(), [LISTED + 1]);
    }
}
