//! Blackboard: `Assignment Title_jdoe_attempt_2026-09-24-21-26-00_hw.zip`, and without a file's name
//! `…-26-00.txt`, which describes the attempt and holds what was typed.
//!
//! The title is the same in a class, and both it and a login may hold `_`. So the login is what follows the
//! words that all names have in common; of one student alone, what follows the last `_`. Seen in the scripts
//! of several users of Blackboard, which tidy such folders.

use std::collections::BTreeSet;

use super::{Content, Exported, System};
use crate::class::date;

const MARK: &str = "_attempt_";
/// Bytes of `2026-09-24-21-26-00`.
const DATE: usize = 19;

/// The parts of a name.
pub(super) struct Parts<'n> {
    /// The title and the login.
    pub(super) whose: &'n str,
    date: String,
    rest: &'n str,
}

pub(super) fn parts(name: &str) -> Option<Parts<'_>> {
    name.match_indices(MARK).find_map(|(at, _)| {
        let (date, rest) = name[at + MARK.len()..].split_at_checked(DATE)?;
        let is_shaped = date.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 | 10 | 13 | 16 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        let whose = &name[..at];
        let is_end = rest.is_empty() || rest.starts_with(['_', '.']);
        (is_shaped && is_end && !whose.is_empty()).then_some(())?;
        let date = date::read(date)?;
        Some(Parts { whose, date, rest })
    })
}

/// How many bytes of the names are the title, with the `_` behind it, where each `whose` is one student's.
pub(super) fn title(whose: &BTreeSet<String>) -> usize {
    // In their order, the first and the last differ most.
    let (Some(first), Some(last)) = (whose.first(), whose.last()) else {
        return 0;
    };
    let common = if first == last {
        first.len() - 1
    } else {
        let same = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b);
        same.count()
    };
    first.as_bytes()[..common]
        .iter()
        .rposition(|&byte| byte == b'_')
        .map_or(0, |at| at + 1)
}

pub(super) fn read(name: &str, title: usize) -> Option<Exported> {
    let Parts { whose, date, rest } = parts(name)?;
    let label = whose
        .get(title..)
        .filter(|label| !label.is_empty())
        .unwrap_or(whose);
    Some(Exported {
        system: System::Blackboard,
        identity: whose.to_owned(),
        label: label.to_owned(),
        date: Some(date),
        file: 0,
        is_late: false,
        content: if rest == ".txt" {
            Content::Text
        } else {
            Content::Work
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_is_what_differs() {
        let names = ["HW_1_j_doe", "HW_1_j_roe", "HW_1_max"].map(str::to_owned);
        assert_eq!(title(&BTreeSet::from(names)), "HW_1_".len());
        assert_eq!(
            title(&BTreeSet::from(["HW_1_jdoe".to_owned()])),
            "HW_1_".len()
        );
        assert_eq!(title(&BTreeSet::from(["jdoe".to_owned()])), 0);
        assert_eq!(
            title(&BTreeSet::from([
                "HW_jdoe".to_owned(),
                "HW_jdoe2".to_owned()
            ])),
            3
        );
    }

    #[test]
    fn a_name_gives_login_and_date() {
        let exported = read("HW 1_jdoe_attempt_2026-09-24-21-26-00_my_attempt_2.zip", 5).unwrap();
        assert_eq!(exported.label, "jdoe");
        assert_eq!(exported.date.as_deref(), Some("2026-09-24 21:26:00"));
        assert_eq!(exported.content, Content::Work);
        let text = read("HW 1_jdoe_attempt_2026-09-24-21-26-00.txt", 5).unwrap();
        assert_eq!(
            (text.content, text.identity.as_str()),
            (Content::Text, "HW 1_jdoe")
        );
    }
}
