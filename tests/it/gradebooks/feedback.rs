//! What goes back to each student, and the archive that Moodle takes back.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read as _,
};

use super::graded::Graded;
use crate::support::files::names;

const IDS: [&str; 8] = [
    "Ann_Poe_103",
    "Jane_Doe_101",
    "Max_Roe_102",
    "doejane_2001",
    "hw1-octocat",
    "hw1-team-red",
    "poeann_2003",
    "roemax_2002",
];

#[test]
fn each_student_has_files_that_name_no_other_student() {
    let graded = Graded::new();
    graded.put("list.csv", "id,name\n2001,Jane Doe\n2002,Max Roe\n");
    graded.reports(&["--feedback", "feedback", "--roster", "list.csv"]);
    let mut expected = BTreeSet::from(["moodle-feedback.zip".to_owned()]);
    for id in IDS {
        for ending in ["html", "md"] {
            let name = format!("{id}.{ending}");
            let text = graded.read(&format!("feedback/{name}"));
            assert!(text.contains(id), "{name}: {text}");
            for other in IDS.into_iter().filter(|other| *other != id) {
                assert!(!text.contains(other), "{name} names {other}");
            }
            assert!(!text.contains("Max Roe"), "{name}");
            expected.insert(name);
        }
    }
    expected.insert(".grade-report".to_owned());
    let written = names(&graded.path("feedback"));
    assert_eq!(written.into_iter().collect::<BTreeSet<_>>(), expected);
    // What was not graded is no zero.
    let text = graded.read("feedback/Ann_Poe_103.md").to_lowercase();
    assert!(
        text.contains("not graded") && !text.contains("0 of 10"),
        "{text}"
    );
}

#[test]
fn moodle_finds_whose_each_file_is() {
    let graded = Graded::new();
    graded.reports(&["--feedback", "feedback"]);
    let file = File::open(graded.path("feedback/moodle-feedback.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut found = BTreeSet::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).unwrap();
        assert_eq!(
            entry.last_modified().unwrap().to_string(),
            "1980-01-01 00:00:00"
        );
        // As Moodle reads a name: parts of the folder's name between `_`, at most five.
        let path = entry.name().unwrap().into_owned();
        let (folder, name) = path.split_once('/').unwrap();
        let parts = folder.splitn(5, '_').collect::<Vec<_>>();
        assert_eq!(&parts[2..4], ["assignsubmission", "file"], "{folder}");
        let participant: u32 = parts[1].parse().unwrap();
        found.insert((participant, name.to_owned()));
        let (id, ending) = (parts[0].replace(' ', "_"), name.rsplit('.').next().unwrap());
        let plain = format!("feedback/{id}_{participant}.{ending}");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, fs::read(graded.path(&plain)).unwrap(), "{plain}");
    }
    let expected = [101, 102, 103].into_iter().flat_map(|participant| {
        ["feedback.html", "feedback.md"].map(|name| (participant, name.to_owned()))
    });
    assert_eq!(found, expected.collect());
    // The same records give the same archive.
    let first = fs::read(graded.path("feedback/moodle-feedback.zip")).unwrap();
    graded.reports(&["--feedback", "again"]);
    assert_eq!(
        first,
        fs::read(graded.path("again/moodle-feedback.zip")).unwrap()
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let graded = Graded::new();
    graded.put("feedback", "a file");
    graded.refuses(
        &["--feedback", "feedback"],
        &["failed to make the folder", "`--feedback DIR`"],
    );
}

#[test]
fn only_files_of_an_earlier_feedback_are_replaced_and_removed() {
    let graded = Graded::new();
    fs::create_dir(graded.path("mine")).unwrap();
    graded.put("mine/notes.md", "mine");
    graded.refuses(
        &["--feedback", "mine"],
        &["it has files that are no feedback", "--feedback DIR"],
    );
    graded.reports(&["--feedback", "ours"]);
    graded.put("ours/notes.txt", "mine");
    // Somebody left, and the mark is no way to remove anything else.
    graded.put("ours/gone.md", "old");
    let mark = graded.read("ours/.grade-report");
    let mark = format!("{mark}gone.md\nnotes.txt\n../notes.txt\n../book.md\n");
    graded.put("ours/.grade-report", mark);
    graded.put("book.md", "mine");
    graded.reports(&["--feedback", "ours"]);
    assert!(!graded.path("ours/gone.md").exists());
    assert_eq!(graded.read("ours/notes.txt"), "mine");
    assert_eq!(graded.read("book.md"), "mine");
    // A file of the same name that is not ours.
    let mark = graded
        .read("ours/.grade-report")
        .replace("hw1-octocat.md\n", "");
    graded.put("ours/.grade-report", mark);
    graded.put("ours/hw1-octocat.md", "mine");
    graded.refuses(
        &["--feedback", "ours"],
        &["hw1-octocat.md`", "it is not of an earlier feedback"],
    );
    assert_eq!(graded.read("ours/hw1-octocat.md"), "mine");
}

#[test]
fn a_folder_of_reports_among_submissions_is_no_submission() {
    let graded = Graded::new();
    fs::create_dir_all(graded.path("class/bo/src")).unwrap();
    graded.put("class/bo/Cargo.toml", "[package]\nname = \"bo\"\n");
    graded.put("class/bo/src/main.rs", "fn main() {}");
    graded.reports(&["--feedback", "class/fb"]);
    for folder in ["class/web", "class/grade-report"] {
        graded.reports(&["--formats", "csv", "--report-dir", folder]);
        // A file has the mark of the gradebook.
        let report = graded.read(&format!("{folder}/report.csv"));
        let printed = graded.reports(&["--format", "csv"]);
        assert_eq!(report.strip_prefix('\u{FEFF}'), Some(&*printed));
    }
    // Somebody's crate is one, whatever else is in it.
    graded.put("class/bo/.grade-report", "");
    let mut list = crate::support::command::grade();
    list.args(["batch", "sum-of-products", "--list"]);
    let output = list.arg(graded.path("class")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(": 1 submission\n"), "{text}");
    for name in ["fb", "web", "grade-report"] {
        assert!(text.contains(&format!("{name}  ignored: ")), "{text}");
    }
}
