//! `grade batch --all`: a class over several exercises.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{
    command::{Finished, run},
    files::{names, remove_tree},
    small_course::{EXERCISES, Prints, SmallCourse, write_crate},
    workspace::Workspace,
};

/// A class in which Ada hands in both, Bob the first one alone and in an archive, and Eve nothing that has a name.
struct Class {
    workspace: Workspace,
    course: SmallCourse,
}

impl Class {
    fn new() -> Self {
        let workspace = Workspace::new();
        let course = SmallCourse::make(workspace.path("course"));
        let class = Self { workspace, course };
        for id in EXERCISES {
            write_crate(&class.dir().join("ada").join(id), id, Prints::Largest);
        }
        fs::write(class.dir().join("bob.zip"), zip(EXERCISES[0])).unwrap();
        write_crate(&class.dir().join("eve"), "homework", Prints::Largest);
        class
    }

    fn dir(&self) -> PathBuf {
        self.workspace.path("class")
    }

    fn out(&self) -> PathBuf {
        self.workspace.path("out")
    }

    fn batch(&self, more: &[&str]) -> Finished {
        let mut command = self.course.grade(&self.workspace);
        command.args(["batch", "--all"]).arg(self.dir());
        run(command.arg("--out").arg(self.out()).args(more))
    }
}

/// A crate of the exercise that prints the largest number, packed below a folder.
fn zip(exercise: &str) -> Vec<u8> {
    use std::io::{Cursor, Write as _};
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let folder = tempfile::tempdir().unwrap();
    write_crate(folder.path(), exercise, Prints::Largest);
    for file in ["Cargo.toml", "src/main.rs"] {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("work/{exercise}/{file}"), options)
            .unwrap();
        zip.write_all(&fs::read(folder.path().join(file)).unwrap())
            .unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn grades(out: &Path) -> String {
    let text = fs::read_to_string(out.join("grades.csv")).unwrap();
    text.trim_start_matches('\u{FEFF}').to_owned()
}

const GRADES: &str = "id,largest,smallest,sum,possible,largest verdict,smallest verdict\n\
    ada,10,3,13,20,pass,fail\n\
    bob,10,,10,20,pass,not-handed-in\n\
    eve,,,0,20,not-handed-in,not-handed-in\n";

#[test]
fn a_class_is_graded_over_all_exercises_and_what_was_not_handed_in_is_no_zero() {
    let class = Class::new();
    let batch = class.batch(&[]).code(1).reports(&[
        "1 largest (10 points): 2 passed, 1 not handed in",
        "2 smallest (10 points): 1 did not pass, 2 not handed in",
        "ada 10 3 13",
        "bob 10 - 10",
        "eve - - 0",
        "handed in nothing for the exercise",
        "grades.csv and report.html are in",
    ]);
    assert_eq!(grades(&class.out()), GRADES, "{}", batch.shown());
    for (id, records) in [
        ("largest", &["ada.json", "bob.json"][..]),
        ("smallest", &["ada.json"]),
    ] {
        let out = class.out().join(id);
        assert_eq!(names(&out.join("records")), records);
        for file in ["batch.json", "gradebook.csv", "report.html"] {
            assert!(out.join(file).is_file(), "{id}/{file}");
        }
        let page = fs::read_to_string(class.out().join("report.html")).unwrap();
        assert!(
            page.contains(&format!("href=\"{id}/report.html#of-ada\"")),
            "{page}"
        );
    }
    // The report of one exercise names who is missing.
    let mut report = class.course.grade(&class.workspace);
    run(report.arg("report").arg(class.out().join("smallest")))
        .code(0)
        .reports(&["Handed in nothing for this exercise bob eve"]);
    class.workspace.assert_nothing_left();
}

#[test]
fn the_same_command_grades_what_changed_and_nothing_else() {
    let class = Class::new();
    class.batch(&["--quiet"]).code(1);
    let record = class.out().join("largest/records/ada.json");
    let written = || fs::metadata(&record).unwrap().modified().unwrap();
    let before = written();
    // Bob hands in the second exercise as well, beside the archive of the first.
    fs::remove_file(class.dir().join("bob.zip")).unwrap();
    for id in EXERCISES {
        write_crate(&class.dir().join("bob").join(id), id, Prints::right(id));
    }
    let again = class
        .batch(&["--format", "csv", "--delimiter", ";"])
        .code(1);
    assert_eq!(
        again.stdout,
        GRADES
            .replace(
                "bob,10,,10,20,pass,not-handed-in",
                "bob,10,10,20,20,pass,pass"
            )
            .replace(',', ";")
    );
    assert_eq!(
        written(),
        before,
        "an unchanged submission was graded again"
    );
    // Whose work for an exercise is gone has no points for it, and their old record goes.
    remove_tree(&class.dir().join("bob/smallest")).unwrap();
    class.batch(&["--exit-zero", "--quiet"]).code(0);
    assert_eq!(grades(&class.out()), GRADES);
    assert_eq!(names(&class.out().join("smallest/records")), ["ada.json"]);
}

#[test]
fn a_folder_of_an_exercises_name_is_its_class() {
    let class = Class::new();
    remove_tree(&class.dir()).unwrap();
    for (exercise, student) in [("largest", "ada"), ("largest", "bob"), ("smallest", "bob")] {
        // Whatever the crate is called, the folder says what it is for.
        let folder = class.dir().join(exercise).join(student);
        write_crate(&folder, "homework", Prints::right(exercise));
    }
    fs::create_dir(class.dir().join("notes")).unwrap();
    let batch = class.batch(&[]).code(0);
    assert!(
        batch.stderr.contains("no exercise has this name: notes"),
        "{}",
        batch.shown()
    );
    assert_eq!(
        grades(&class.out()),
        "id,largest,smallest,sum,possible,largest verdict,smallest verdict\n\
         ada,10,,10,20,pass,not-handed-in\n\
         bob,10,10,20,20,pass,pass\n"
    );
}

#[test]
fn a_reference_that_fails_stops_its_exercise_alone() {
    let class = Class::new();
    class
        .course
        .write("reference/largest/src/main.rs", "fn main() { panic!() }");
    class
        .batch(&[])
        .code(4)
        .complains(&["the reference did not pass"])
        .reports(&[
            "1 largest (10 points): 2 not graded, 1 not handed in",
            "ada ? 3 ?",
        ]);
    assert_eq!(
        grades(&class.out()).lines().nth(1).unwrap(),
        "ada,,3,,20,not-graded,fail"
    );
}

#[test]
fn who_is_in_the_class_of_each_exercise_is_listed() {
    let class = Class::new();
    let mut list = class.course.grade(&class.workspace);
    run(list.args(["batch", "--all", "--list"]).arg(class.dir()))
        .code(0)
        .reports(&[
            "largest a folder",
            "smallest",
            "bob handed in nothing for this exercise",
            "eve handed in nothing for this exercise",
        ]);
    assert!(!class.out().exists());
}

#[test]
fn what_makes_no_sense_for_several_exercises_is_refused_with_what_does() {
    let class = Class::new();
    let dir = class.dir();
    let dir = dir.to_str().unwrap();
    let refused = |arguments: &[&str], words: &[&str]| {
        let mut command = class.course.grade(&class.workspace);
        run(command.arg("batch").args(arguments)).refuses(2, words);
    };
    refused(
        &["--all", "largest", dir],
        &["a second folder was named", "grade batch --all DIR"],
    );
    refused(
        &["--all", dir, "--format", "json"],
        &["as `json`", "--format csv"],
    );
    let inside = format!("{dir}/out");
    refused(
        &["--all", dir, "--out", &inside],
        &["it is among the submissions", "--out DIR"],
    );
    let feedback = format!("{dir}/feedback");
    refused(
        &["--all", dir, "--feedback", &feedback],
        &["it is among the submissions", "--feedback DIR"],
    );
    // The folder of one student is no class.
    refused(
        &["--all", &format!("{dir}/ada")],
        &["largest", "it is one submission and not a class"],
    );
    let single = class.workspace.path("single");
    let mut command = class.course.grade(&class.workspace);
    command.args(["batch", "largest", dir, "--exit-zero", "--out"]);
    run(command.arg(&single)).code(0);
    refused(
        &["--all", dir, "--out", single.to_str().unwrap()],
        &["it has the grades of one exercise", "--out DIR"],
    );
}
