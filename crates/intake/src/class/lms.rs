//! Read the names that Canvas and Moodle give to files they export.
//!
//! Hides the two patterns. A name that fits neither pattern gives no information. Names such as
//! `cs_101_2024001_alice.zip` (course, its number, the student's number) look like Canvas's names. They are
//! recognised by the number in the place of Canvas's user number, which is the same in the whole class. Never
//! touches the disk.

use ids::SubmissionId;

/// Shorter numbers are more likely a title's, `team_1_2_final`, than a database's.
const SHORTEST_NUMBER: usize = 3;
/// The longest number a database gives.
const LONGEST_NUMBER: usize = 19;
/// How much of a person's name goes into an id: with `_` and 19 digits it stays within an id's 64 bytes.
const LONGEST_NAME: usize = 44;
/// So many attempts may be one student's alone; if all of a class are of one student, they are not Canvas's.
const MOST_OF_ONE: usize = 2;
/// What Moodle puts after the student's name and number.
const MARK: &str = "_assignsubmission_";

/// The parts of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exported {
    /// The student whose file it is.
    pub(super) id: SubmissionId,
    /// The system's number of the file, which grows with every upload; 0 where it gives none.
    pub(super) file: u128,
    /// Whether the system marked it as late.
    pub(super) is_late: bool,
    /// Whether it is text typed into the system and no file.
    pub(super) is_text: bool,
    /// The number of the user, in a name that Canvas gives.
    user: Option<String>,
}

/// How the names of one folder are read.
#[derive(Debug)]
pub(super) struct Reader {
    has_canvas: bool,
}

impl Reader {
    /// For a folder with these names in it.
    pub(super) fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let exported = names.filter_map(read).filter(|exported| exported.file != 0);
        let users = exported.map(|exported| exported.user).collect::<Vec<_>>();
        let are_one = users
            .windows(2)
            .all(|pair| pair[0].is_some() && pair[0] == pair[1]);
        Self {
            has_canvas: users.len() <= MOST_OF_ONE || !are_one,
        }
    }

    /// Read the name of a file or folder.
    pub(super) fn read(&self, name: &str) -> Option<Exported> {
        read(name).filter(|exported| self.has_canvas || exported.user.is_none())
    }
}

fn read(name: &str) -> Option<Exported> {
    // In front of its mark Moodle has one `_` at most. Where there are more, a tool has put them for spaces,
    // or the mark is part of a file's name to which Canvas added its own.
    let is_moodles = name
        .split_once(MARK)
        .is_some_and(|(prefix, _)| prefix.matches('_').count() < 2);
    if is_moodles {
        moodle(name).or_else(|| canvas(name))
    } else {
        canvas(name).or_else(|| moodle(name))
    }
}

/// Canvas: `doejane_LATE_12345_67890_homework-1.zip`.
///
/// `lib/content_zipper.rb` of canvas-lms joins the student's sortable name in lower case with all but
/// word characters taken out, `LATE` if it is, and the user's number; then the attachment's number and
/// the name it was uploaded with. In an anonymous assignment `anon_` and five letters or digits stand in
/// the place of name and number, after `LATE`. The name cannot hold `_digits_`: Canvas takes that out,
/// because it finds the numbers again by it, as we do: the first two in a row. (Attachments of equal
/// names get `-1`, `-2` … before the extension; their numbers grow as well and say the same.)
fn canvas(name: &str) -> Option<Exported> {
    let parts = name.split('_').collect::<Vec<_>>();
    let is_number = |part: &str| {
        (SHORTEST_NUMBER..=LONGEST_NUMBER).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let exported = |student: &[&str], number: &str, file: &str, is_late| {
        Some(Exported {
            id: id(&student.join("_"), number),
            file: file.parse().ok()?,
            is_late,
            is_text: false,
            user: None,
        })
    };
    let anonymous = parts.strip_prefix(&["LATE"]).unwrap_or(&parts);
    if let ["anon", number, file, _, ..] = anonymous
        && number.len() == 5
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && is_number(file)
    {
        return exported(&["anon"], number, file, anonymous.len() < parts.len());
    }
    let at = (1..parts.len().saturating_sub(2))
        .find(|&at| is_number(parts[at]) && is_number(parts[at + 1]))?;
    let (mut student, is_late) = match &parts[..at] {
        [student @ .., "LATE"] => (student, true),
        student => (student, false),
    };
    if let ["LATE", rest @ ..] = student {
        student = rest;
    }
    // Lower case, and no spaces or dots: what has others was not named by Canvas.
    let is_word = |part: &&str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() && !c.is_uppercase())
    };
    let is_name = !student.is_empty() && student.iter().all(is_word);
    let exported = exported(student, parts[at], parts[at + 1], is_late)?;
    let user = Some(parts[at].to_owned());
    is_name.then_some(Exported { user, ..exported })
}

/// Moodle: the folder `Jane Doe_1234567_assignsubmission_file_`, or `…_file_homework.zip` in one folder
/// for all.
///
/// `mod/assign/classes/downloader.php` of moodle joins the full name, its `_` made spaces, with the
/// participant's number, and the plugin's two names; `_` and the file's name follow where files are not
/// put into folders. Older versions end a folder's name with `_`. `onlinetext` is what was typed.
fn moodle(name: &str) -> Option<Exported> {
    let (prefix, rest) = name.split_once(MARK)?;
    let is_of = |plugin| {
        rest.strip_prefix(plugin)
            .is_some_and(|rest: &str| rest.is_empty() || rest.starts_with('_'))
    };
    let is_text = is_of("onlinetext");
    if prefix.is_empty() || !is_text && !is_of("file") {
        return None;
    }
    // A group without members has a name and no number.
    let id = match prefix.rsplit_once('_') {
        Some((student, number))
            if number.len() <= LONGEST_NUMBER
                && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            id(student, number)
        }
        _ => SubmissionId::from_folder_name(prefix),
    };
    Some(Exported {
        id,
        file: 0,
        is_late: false,
        is_text,
        user: None,
    })
}

/// Two students may have one name, so the number is part of the id, and the name is cut before it is.
fn id(student: &str, number: &str) -> SubmissionId {
    let student: String = student.chars().take(LONGEST_NAME).collect();
    SubmissionId::from_folder_name(&format!("{student}_{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(name: &str, id: &str, file: u128, is_late: bool) {
        let exported = read(name).unwrap_or_else(|| panic!("{name}"));
        let actual = (exported.id.as_str(), exported.file, exported.is_late);
        assert_eq!(actual, (id, file, is_late), "{name}");
    }

    #[test]
    fn canvas_names_give_student_file_and_lateness() {
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
            "m_llerj_rg_123",
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
        reads(
            "x_21070000000000001_21070000000000632_h.zip",
            "x_21070000000000001",
            21_070_000_000_000_632,
            false,
        );
    }

    #[test]
    fn moodle_names_give_the_student() {
        reads(
            "Jane Doe_1234567_assignsubmission_file_",
            "Jane_Doe_1234567",
            0,
            false,
        );
        reads(
            "Jane Doe_1234567_assignsubmission_file",
            "Jane_Doe_1234567",
            0,
            false,
        );
        reads(
            "Jane Doe_1234567_assignsubmission_file_hw.zip",
            "Jane_Doe_1234567",
            0,
            false,
        );
        reads(
            "Participant_77_assignsubmission_file_",
            "Participant_77",
            0,
            false,
        );
        reads(
            "Default group_assignsubmission_file_",
            "Default_group",
            0,
            false,
        );
        // The student's name for the file does not decide the id.
        reads(
            "A B_1_assignsubmission_file_C D_2_assignsubmission_file_.zip",
            "A_B_1",
            0,
            false,
        );
        // Tools that dislike spaces make them `_` again.
        reads(
            "Jane_Doe_77_assignsubmission_file_",
            "Jane_Doe_77",
            0,
            false,
        );
        reads(
            "A B_1_assignsubmission_file_c_222_333_d.zip",
            "A_B_1",
            0,
            false,
        );
        assert!(read("A B_1_assignsubmission_onlinetext_").unwrap().is_text);
    }

    #[test]
    fn a_long_name_is_cut_before_its_number() {
        let name = format!("{}_12345_67890_x.zip", "x".repeat(200));
        reads(
            &name,
            &format!("{}_12345", "x".repeat(LONGEST_NAME)),
            67890,
            false,
        );
    }

    #[test]
    fn other_names_give_no_student() {
        for name in [
            "alice",
            "alice.zip",
            "team_1_2_final",
            "Doe_12345_67890_hw1.zip",
            "_12345_67890_hw1.zip",
            "12345_67890_hw1.zip",
            "doejane_12345_67890",
            "doe jane_12345_67890_x.zip",
            "_assignsubmission_file_x.zip",
            "A_1_assignsubmission_filex",
            "anon_toolong_67890_hw1.zip",
        ] {
            assert_eq!(read(name), None, "{name}");
        }
    }
}
