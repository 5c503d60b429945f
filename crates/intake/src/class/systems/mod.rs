//! What the names of exported files and folders say: whose it is, when it was handed in, and whether it is
//! code at all.
//!
//! Hides the patterns of the systems that put it into names. Each has a module, which says where the pattern
//! comes from. A name that fits none gives no information. Names such as `cs_101_2024001_alice.zip` (course,
//! its number, the student's number) look like Canvas's names. They are recognised by the number in the place
//! of Canvas's user number, which is the same in the whole class. Never touches the disk.

mod blackboard;
mod brightspace;
mod canvas;
mod moodle;

use std::collections::BTreeSet;

use super::found::{Account, AccountSystem};

/// The systems whose exports are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum System {
    Canvas,
    Moodle,
    Blackboard,
    Brightspace,
    Sakai,
    OpenOlat,
    Gradescope,
    /// The pattern that the instructor gave.
    Pattern,
}

impl System {
    /// What a person calls its export.
    pub(super) const fn layout(self) -> &'static str {
        match self {
            Self::Canvas => "Canvas export",
            Self::Moodle => "Moodle export",
            Self::Blackboard => "Blackboard export",
            Self::Brightspace => "Brightspace export",
            Self::Sakai => "Sakai export",
            Self::OpenOlat => "OpenOLAT export",
            Self::Gradescope => "Gradescope export",
            Self::Pattern => "names as the pattern says",
        }
    }
}

/// What was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// A file or a folder.
    Work,
    /// Text that was typed into the system.
    Text,
    /// A link that was typed into the system.
    Link,
}

/// The parts of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exported {
    pub(super) system: System,
    /// All that the system says about whose it is: the same for all attempts of one student, and different
    /// for different students.
    pub(super) identity: String,
    /// What the id is made of.
    pub(super) label: String,
    /// When it was handed in.
    pub(super) date: Option<String>,
    /// The system's number of the file, which grows with every upload; 0 where it gives none.
    pub(super) file: u128,
    /// Whether the system marked it as late.
    pub(super) is_late: bool,
    pub(super) content: Content,
}

/// The account in what [`Exported::identity`] says, where the name of its file or folder is `text`.
pub(super) fn account(system: System, identity: &str, text: &str) -> Option<Account> {
    let (name, number) = identity.rsplit_once('_')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let (system, folder) = match system {
        System::Canvas => (AccountSystem::Canvas, ""),
        System::Moodle => (AccountSystem::Moodle, moodle::folder(text)?),
        _ => return None,
    };
    is_number.then(|| Account {
        system,
        number: number.to_owned(),
        name: name.to_owned(),
        folder: folder.to_owned(),
    })
}

/// How the names of one folder are read.
#[derive(Debug)]
pub(super) struct Reader {
    has_canvas: bool,
    /// What the names of Blackboard have in common before the login.
    title: usize,
    brightspace: brightspace::Numbers,
}

impl Reader {
    /// For a folder with these names in it.
    pub(super) fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let (mut canvas, mut titles, mut numbers) =
            (canvas::Users::default(), BTreeSet::new(), Vec::new());
        for name in names {
            if let Some(parts) = blackboard::parts(name) {
                titles.insert(parts.whose.to_owned());
            } else if let Some(parts) = brightspace::parts(name) {
                numbers.push((parts.numbers.0.to_owned(), parts.numbers.1.to_owned()));
            } else if moodle_or_canvas(name)
                .is_some_and(|exported| exported.system == System::Canvas)
            {
                canvas.add(name);
            }
        }
        Self {
            has_canvas: canvas.are_users(),
            title: blackboard::title(&titles),
            brightspace: brightspace::Numbers::of(&numbers),
        }
    }

    /// Read the name of a file or folder.
    pub(super) fn read(&self, name: &str) -> Option<Exported> {
        blackboard::read(name, self.title)
            .or_else(|| brightspace::read(name, self.brightspace))
            .or_else(|| moodle_or_canvas(name))
            .filter(|exported| {
                self.has_canvas || exported.system != System::Canvas || canvas::is_anonymous(name)
            })
    }
}

/// Canvas adds its own to a name that the student chose, and Moodle may have spaces made `_` by a tool.
fn moodle_or_canvas(name: &str) -> Option<Exported> {
    // In front of its mark Moodle has one `_` at most. Where there are more, a tool has put them for spaces,
    // or the mark is part of a file's name to which Canvas added its own.
    let is_moodles = name
        .split_once(moodle::MARK)
        .is_some_and(|(prefix, _)| prefix.matches('_').count() < 2);
    if is_moodles {
        moodle::read(name).or_else(|| canvas::read(name))
    } else {
        canvas::read(name).or_else(|| moodle::read(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Option<Exported> {
        Reader::of([name].into_iter()).read(name)
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
            "my_attempt_2.zip",
            "hw_attempt_2026-13-45-99-99-99_x.zip",
            "2026-09 - Notes - x",
            "10-12 - draft",
            "lecture_text.html",
        ] {
            assert_eq!(read(name), None, "{name}");
        }
    }

    #[test]
    fn a_number_in_an_export_is_an_account() {
        let account = |name: &str| {
            let exported = read(name)?;
            super::account(exported.system, &exported.identity, name)
        };
        let canvas = account("team_red_123_456_x.zip").unwrap();
        assert_eq!(canvas.system, AccountSystem::Canvas);
        assert_eq!((&*canvas.number, &*canvas.name), ("123", "team_red"));
        for (name, folder) in [
            (
                "Jane Doe_101_assignsubmission_file_",
                "Jane Doe_101_assignsubmission_file_",
            ),
            (
                "Jane Doe_101_assignsubmission_file",
                "Jane Doe_101_assignsubmission_file",
            ),
            (
                "Jane Doe_101_assignsubmission_file_hw_1.zip",
                "Jane Doe_101_assignsubmission_file_",
            ),
            (
                "Jane Doe_101_assignsubmission_onlinetext_",
                "Jane Doe_101_assignsubmission_onlinetext_",
            ),
        ] {
            let moodle = account(name).unwrap();
            assert_eq!(moodle.system, AccountSystem::Moodle);
            assert_eq!((&*moodle.number, &*moodle.name), ("101", "Jane Doe"));
            assert_eq!(moodle.folder, folder);
        }
        for name in [
            "anon_aB3x9_67890_hw1.zip",
            "Default group_assignsubmission_file_",
            "jane",
        ] {
            assert_eq!(account(name), None, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_name_is_read_without_a_panic(
            name in ".{0,80}",
            like in "(a|_|LATE|12345|-| - |anon|_attempt_|2026-09-24-21-26-00|_text.html|é|_assignsubmission_file_|Oct 1, 2026){0,9}",
        ) {
            let _ = (read(&name), read(&like));
        }
    }
}
