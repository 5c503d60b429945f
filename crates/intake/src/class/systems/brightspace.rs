//! Brightspace (D2L): the folder `397063-2557369 - Mary-Ann Roe - Oct 1, 2026 1005 AM`, or files whose names
//! go on with ` - hw.zip`.
//!
//! Of the two numbers one is the student's and one the assignment's, which is the same in the whole class. The
//! name may hold ` - `, so the date is looked for from the left among the parts behind it. Seen in the scripts
//! of several users of Brightspace.

use super::{Content, Exported, System};
use crate::class::date;

const BETWEEN: &str = " - ";

/// The parts of a name.
pub(super) struct Parts<'n> {
    pub(super) numbers: (&'n str, &'n str),
    student: String,
    date: Option<String>,
}

pub(super) fn parts(name: &str) -> Option<Parts<'_>> {
    let (numbers, rest) = name.split_once(BETWEEN)?;
    let numbers = numbers.split_once('-')?;
    let is_number = |text: &str| {
        (2..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(numbers.0) || !is_number(numbers.1) || numbers.0.len() + numbers.1.len() < 6 {
        return None;
    }
    let rest = rest.split(BETWEEN).collect::<Vec<_>>();
    // Without a date that can be read, the student is the first part.
    let dated = (1..rest.len()).find_map(|at| Some((at, date::read(rest[at])?)));
    let (end, date) = match dated {
        Some((at, date)) => (at, Some(date)),
        None if rest.len() > 1 && rest[1].contains(|c: char| c.is_ascii_digit()) => (1, None),
        None => return None,
    };
    let student = rest[..end].join(BETWEEN);
    Some(Parts {
        numbers,
        student,
        date,
    })
}

/// Which of the two numbers is the student's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    First,
    Second,
}

impl Numbers {
    pub(super) fn of(all: &[(String, String)]) -> Self {
        let is_same = |pick: fn(&(String, String)) -> &String| {
            all.windows(2).all(|pair| pick(&pair[0]) == pick(&pair[1]))
        };
        if is_same(|numbers| &numbers.0) && !is_same(|numbers| &numbers.1) {
            Self::Second
        } else {
            Self::First
        }
    }
}

pub(super) fn read(name: &str, which: Numbers) -> Option<Exported> {
    let Parts {
        numbers,
        student,
        date,
    } = parts(name)?;
    let number = match which {
        Numbers::First => numbers.0,
        Numbers::Second => numbers.1,
    };
    let label = format!("{student}_{number}");
    Some(Exported {
        system: System::Brightspace,
        identity: label.clone(),
        label,
        date,
        file: 0,
        is_late: false,
        content: Content::Work,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_student_and_date() {
        for (name, label, date) in [
            (
                "397063-2557369 - Mary-Ann Roe - Oct 1, 2026 1005 AM",
                "Mary-Ann Roe_397063",
                "2026-10-01 10:05:00",
            ),
            (
                "397063-2557369 - A - B - Sep 30, 2026 926 PM - my - hw.zip",
                "A - B_397063",
                "2026-09-30 21:26:00",
            ),
        ] {
            let exported = read(name, Numbers::First).unwrap();
            assert_eq!(
                (exported.label.as_str(), exported.date.as_deref()),
                (label, Some(date))
            );
        }
        // A date in a language that is not known does not make a student of an attempt.
        let one = read("397063-2557369 - Jo - 1 oktober 2026 10:05", Numbers::First);
        assert_eq!(one.unwrap().label, "Jo_397063");
    }

    #[test]
    fn the_number_that_is_the_same_in_a_class_is_the_assignments() {
        let numbers = |all: &[(&str, &str)]| {
            let all = all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
            Numbers::of(&all.collect::<Vec<_>>())
        };
        assert_eq!(numbers(&[("10", "7"), ("11", "7")]), Numbers::First);
        assert_eq!(numbers(&[("7", "10"), ("7", "11")]), Numbers::Second);
        assert_eq!(numbers(&[("7", "10")]), Numbers::First);
    }
}
