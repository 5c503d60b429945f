//! Canvas: `doejane_LATE_12345_67890_homework-1.zip`, and `doejane_12345_text.html` or `…_link.html` for what
//! was typed.
//!
//! `lib/content_zipper.rb` of canvas-lms joins the student's sortable name in lower case with all but word
//! characters taken out, `LATE` if it is, and the user's number; then the attachment's number and the name it
//! was uploaded with, or `text.html` or `link.html`. In an anonymous assignment `anon_` and five letters or
//! digits stand in the place of name and number, after `LATE`. The name cannot hold `_digits_`: Canvas takes
//! that out, because it finds the numbers again by it, as we do: the first two in a row. (Attachments of equal
//! names get `-1`, `-2` … before the extension; their numbers grow as well and say the same.)

use super::{Content, Exported, System};

/// Shorter numbers are more likely a title's, `team_1_2_final`, than a database's.
const SHORTEST_NUMBER: usize = 3;
/// The longest number a database gives.
const LONGEST_NUMBER: usize = 19;
/// So many attempts may be one student's alone; if all of a class are of one student, they are not Canvas's.
const MOST_OF_ONE: usize = 2;
const ANONYMOUS: &str = "anon";
const LATE: &str = "LATE";

/// The numbers that stand in the place of the user's in the names of a folder.
#[derive(Debug, Default)]
pub(super) struct Users {
    first: Option<String>,
    count: usize,
    differ: bool,
}

impl Users {
    /// Note a name that Canvas may have given.
    pub(super) fn add(&mut self, name: &str) {
        let Some(exported) = read(name).filter(|exported| exported.file != 0) else {
            return;
        };
        self.count += 1;
        let number = exported.identity.rsplit('_').next().unwrap_or_default();
        let is_anonymous = is_anonymous(name);
        match &self.first {
            None if !is_anonymous => self.first = Some(number.to_owned()),
            Some(first) if first == number => {}
            _ => self.differ = true,
        }
    }

    /// Whether these may be users.
    pub(super) fn are_users(&self) -> bool {
        self.count <= MOST_OF_ONE || self.differ
    }
}

fn is_number(part: &str) -> bool {
    (SHORTEST_NUMBER..=LONGEST_NUMBER).contains(&part.len())
        && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lower case, and no spaces or dots: what has others was not named by Canvas.
fn is_name(student: &[&str]) -> bool {
    let is_word = |part: &&str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() && !c.is_uppercase())
    };
    !student.is_empty() && student.iter().all(is_word)
}

fn exported(whose: &str, file: u128, is_late: bool, content: Content) -> Exported {
    Exported {
        system: System::Canvas,
        identity: whose.to_owned(),
        label: whose.to_owned(),
        date: None,
        file,
        is_late,
        content,
    }
}

/// Whose it is in an anonymous assignment, whether it is late, and what follows.
fn anonymous<'p, 'n>(parts: &'p [&'n str]) -> Option<(String, bool, &'p [&'n str])> {
    let unmarked = parts.strip_prefix(&[LATE]).unwrap_or(parts);
    let [ANONYMOUS, number, rest @ ..] = unmarked else {
        return None;
    };
    let is_number = number.len() == 5 && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_number.then(|| {
        (
            format!("{ANONYMOUS}_{number}"),
            unmarked.len() < parts.len(),
            rest,
        )
    })
}

pub(super) fn is_anonymous(name: &str) -> bool {
    anonymous(&name.split('_').collect::<Vec<_>>()).is_some()
}

pub(super) fn read(name: &str) -> Option<Exported> {
    typed(name).or_else(|| uploaded(name))
}

/// The student's name and number at the start of `parts`, where `at` is the number.
fn whose(parts: &[&str], at: usize) -> Option<(String, bool)> {
    let (mut student, is_late) = match &parts[..at] {
        [student @ .., LATE] => (student, true),
        student => (student, false),
    };
    if let [LATE, rest @ ..] = student {
        student = rest;
    }
    is_name(student).then(|| (format!("{}_{}", student.join("_"), parts[at]), is_late))
}

fn typed(name: &str) -> Option<Exported> {
    let (start, content) = if let Some(start) = name.strip_suffix("_text.html") {
        (start, Content::Text)
    } else {
        (name.strip_suffix("_link.html")?, Content::Link)
    };
    let parts = start.split('_').collect::<Vec<_>>();
    if let Some((whose, is_late, [])) = anonymous(&parts) {
        return Some(exported(&whose, 0, is_late, content));
    }
    let at = parts.len() - 1;
    // An upload may be called `text.html`: then there are two numbers.
    if !is_number(parts[at]) || at > 0 && is_number(parts[at - 1]) {
        return None;
    }
    let (whose, is_late) = whose(&parts, at)?;
    Some(exported(&whose, 0, is_late, content))
}

fn uploaded(name: &str) -> Option<Exported> {
    let parts = name.split('_').collect::<Vec<_>>();
    if let Some((whose, is_late, [file, _, ..])) = anonymous(&parts)
        && is_number(file)
    {
        return Some(exported(&whose, file.parse().ok()?, is_late, Content::Work));
    }
    let at = (1..parts.len().saturating_sub(2))
        .find(|&at| is_number(parts[at]) && is_number(parts[at + 1]))?;
    let (whose, is_late) = whose(&parts, at)?;
    Some(exported(
        &whose,
        parts[at + 1].parse().ok()?,
        is_late,
        Content::Work,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(name: &str, label: &str, file: u128, is_late: bool) {
        let exported = read(name).unwrap_or_else(|| panic!("{name}"));
        let actual = (exported.label.as_str(), exported.file, exported.is_late);
        assert_eq!(actual, (label, file, is_late), "{name}");
    }

    #[test]
    fn names_give_student_file_and_lateness() {
        reads("doejane_12345_67890_hw1.zip", "doejane_12345", 67890, false);
        reads(
            "doejane_12345_67890_hw1-2.zip",
            "doejane_12345",
            67890,
            false,
        );
        reads("doejane_LATE_123_456_hw1.zip", "doejane_123", 456, true);
        reads(
            "müllerjörg_123_456_a_b_c.tar.gz",
            "müllerjörg_123",
            456,
            false,
        );
        // Group names keep their underscores, and uploads may have numbers in their names.
        reads("team_red_123_456_789_012_x.zip", "team_red_123", 456, false);
        reads("anon_aB3x9_67890_hw1.zip", "anon_aB3x9", 67890, false);
        reads("LATE_anon_aB3x9_67890_hw1.zip", "anon_aB3x9", 67890, true);
        // The student's name for the file decides neither the id nor lateness.
        reads(
            "mallory_LATE_777_888_hw_1_assignsubmission_file_.zip",
            "mallory_777",
            888,
            true,
        );
        // A user of another institution has a long number.
        let long = "x_21070000000000001_21070000000000632_h.zip";
        reads(long, "x_21070000000000001", 21_070_000_000_000_632, false);
    }

    #[test]
    fn what_was_typed_has_a_student_and_no_file() {
        reads("doejane_12345_link.html", "doejane_12345", 0, false);
        reads("roemax_LATE_777_text.html", "roemax_777", 0, true);
        reads("anon_aB3x9_text.html", "anon_aB3x9", 0, false);
        reads("LATE_anon_aB3x9_link.html", "anon_aB3x9", 0, true);
        assert_eq!(
            read("doejane_12345_link.html").unwrap().content,
            Content::Link
        );
        let upload = read("doejane_123_456_text.html").unwrap();
        assert_eq!((upload.content, upload.file), (Content::Work, 456));
    }
}
