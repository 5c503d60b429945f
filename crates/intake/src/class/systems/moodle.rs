//! Moodle: the folder `Jane Doe_1234567_assignsubmission_file_`, or `…_file_homework.zip` in one folder for
//! all.
//!
//! `mod/assign/classes/downloader.php` of moodle joins the full name, its `_` made spaces, with the
//! participant's number, and the plugin's two names; `_` and the file's name follow where files are not put
//! into folders. Older versions end a folder's name with `_`. `onlinetext` is what was typed.

use super::{Content, Exported, System};

/// What Moodle puts after the student's name and number.
pub(super) const MARK: &str = "_assignsubmission_";

pub(super) fn read(name: &str) -> Option<Exported> {
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
    Some(Exported {
        system: System::Moodle,
        identity: prefix.to_owned(),
        label: prefix.to_owned(),
        date: None,
        file: 0,
        is_late: false,
        content: if is_text {
            Content::Text
        } else {
            Content::Work
        },
    })
}

/// The name of the folder in which Moodle takes back what a teacher has for this student: as it came, without the name
/// of a file.
pub(super) fn folder(name: &str) -> Option<&str> {
    let plugin = name.find(MARK)? + MARK.len();
    let rest = &name[plugin..];
    let end = rest.find('_').map_or(rest.len(), |at| at + 1);
    Some(&name[..plugin + end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::systems::moodle_or_canvas;

    #[test]
    fn names_give_the_student() {
        for (name, label) in [
            (
                "Jane Doe_1234567_assignsubmission_file_",
                "Jane Doe_1234567",
            ),
            ("Jane Doe_1234567_assignsubmission_file", "Jane Doe_1234567"),
            (
                "Jane Doe_1234567_assignsubmission_file_hw.zip",
                "Jane Doe_1234567",
            ),
            ("Participant_77_assignsubmission_file_", "Participant_77"),
            ("Default group_assignsubmission_file_", "Default group"),
            // The student's name for the file does not decide the id.
            (
                "A B_1_assignsubmission_file_C D_2_assignsubmission_file_.zip",
                "A B_1",
            ),
            // Tools that dislike spaces make them `_` again.
            ("Jane_Doe_77_assignsubmission_file_", "Jane_Doe_77"),
            ("A B_1_assignsubmission_file_c_222_333_d.zip", "A B_1"),
        ] {
            let exported = moodle_or_canvas(name).unwrap();
            assert_eq!(
                (exported.label.as_str(), exported.system),
                (label, System::Moodle),
                "{name}"
            );
        }
        let text = read("A B_1_assignsubmission_onlinetext_").unwrap();
        assert_eq!(text.content, Content::Text);
    }
}
