//! A list of the class: whose each submission is, in every report.

use std::fs;

use super::graded::{Graded, below, python};
use crate::support::{
    command::{grade, shown},
    files::copy_tree,
    submission,
};

/// As GitHub Classroom writes it, with a column for groups.
const LIST: &str = "\"identifier\",\"github_username\",\"github_id\",\"name\",\"group\"\n\
    \"cat@example.org\",\"octocat\",\"1\",\"Octo Cat\",\"\"\n\
    \"S2\",\"hubot\",\"2\",\"Hu Bot\",\"team-red\"\n\
    \"S3\",\"\",\"\",\"Ann Red\",\"team-red\"\n\
    \"S9\",\"nobody\",\"9\",\"No Body\",\"\"\n\
    \"2001\",\"\",\"\",\"Jane Doe\",\"\"\n\
    \"S8\",\"\",\"\",\"Max Roe\",\"\"\n";

#[test]
fn each_person_of_a_group_has_a_line_and_who_is_left_is_listed() {
    let graded = Graded::new();
    graded.put("list.csv", LIST);
    let gradebook = graded.reports(&["--roster", "list.csv", "--format", "csv"]);
    let ends = |id: &str| {
        let lines = gradebook
            .lines()
            .filter(|line| line.starts_with(&format!("{id},")));
        let ends = lines.map(|line| line.rsplitn(6, ',').collect::<Vec<_>>());
        let ends = ends.map(|cells| {
            cells[..5]
                .iter()
                .rev()
                .copied()
                .collect::<Vec<_>>()
                .join(",")
        });
        ends.collect::<Vec<_>>()
    };
    assert!(
        gradebook
            .lines()
            .next()
            .unwrap()
            .ends_with(",sid,name,email,login,group")
    );
    assert_eq!(ends("hw1-octocat"), [",Octo Cat,cat@example.org,octocat,"]);
    assert_eq!(
        ends("hw1-team-red"),
        ["S2,Hu Bot,,hubot,team-red", "S3,Ann Red,,,team-red"]
    );
    // By the number of the system, and by the name that stands beside it.
    assert_eq!(ends("doejane_2001"), ["2001,Jane Doe,,,"]);
    assert_eq!(ends("Max_Roe_102"), ["S8,Max Roe,,,"]);
    assert_eq!(ends("poeann_2003"), [",,,,"]);

    let summary = graded.reports(&["--roster", "list.csv"]);
    assert_eq!(
        below(&summary, "On the list of the class, without a submission"),
        ["No Body (S9)"]
    );
    assert_eq!(
        below(&summary, "Submissions of nobody on the list of the class"),
        ["Ann_Poe_103", "poeann_2003", "roemax_2002"]
    );
    assert_eq!(
        below(&summary, "Not certain by the list of the class"),
        ["Jane Doe (2001) is in `Jane_Doe_101` and `doejane_2001`"]
    );
    // The two of one person are no news; without the list, nobody knows that.
    let plain = graded.reports(&[]);
    let alike = |summary: &str| below(summary, "The same source").join("\n");
    assert!(
        alike(&plain).contains("Jane_Doe_101, doejane_2001"),
        "{plain}"
    );
    assert!(!alike(&summary).contains("Jane_Doe_101"), "{summary}");
    assert!(
        alike(&summary).contains("hw1-octocat, roemax_2002"),
        "{summary}"
    );
}

#[test]
fn a_gradebook_for_another_spreadsheet_has_the_same_cells() {
    let graded = Graded::new();
    graded.put("list.csv", LIST.replace("Octo Cat", "=1;+2,-3"));
    let commas = graded.reports(&["--roster", "list.csv", "--format", "csv"]);
    let commas = python(&graded.put("commas.csv", commas), ",");
    for (sign, delimiter) in [(";", ";"), ("tab", "\t")] {
        let arguments = [
            "--roster",
            "list.csv",
            "--format",
            "csv",
            "--delimiter",
            sign,
        ];
        let other = graded.reports(&arguments);
        let other = python(&graded.put("other.csv", other), delimiter);
        assert_eq!(other.len(), commas.len());
        for (line, other) in commas.iter().zip(&other) {
            // Behind a comma as well, for who reads the file with commas.
            let expected = line.iter().map(|cell| cell.replace(",-3", ",'-3"));
            assert_eq!(*other, expected.collect::<Vec<_>>());
        }
    }
    let name = commas.iter().flatten().find(|cell| cell.ends_with(",-3"));
    assert_eq!(name.unwrap(), "'=1;'+2,-3");
    let output = graded.report(&["--delimiter", "|"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("it is `,`, `;` or `tab`"), "{stderr}");
}

#[test]
fn a_grade_goes_to_every_member_of_a_group() {
    let graded = Graded::new();
    graded.put("list.csv", LIST);
    graded.put(
        "book.csv",
        "Student,ID,SIS User ID,SIS Login ID,Section,Sum of Products (77)\n\
         Points Possible,,,,,10\n\
         \"Bot, Hu\",11,S2,hb,A,\n\
         \"Red, Ann\",12,S3,ar,A,\n\
         \"Cat, Octo\",13,S4,cat@example.org,A,\n\
         \"Doe, Jane\",14,2001,jd,A,\n",
    );
    let account = graded.reports(&["--roster", "list.csv", "--canvas", "book.csv"]);
    let merged = graded.read("book-graded.csv");
    for end in [
        "S2,hb,A,0\n",
        "S3,ar,A,0\n",
        "S4,cat@example.org,A,6\n",
        "2001,jd,A,\n",
    ] {
        assert!(merged.contains(end), "no {end:?} in {merged}");
    }
    assert_eq!(
        below(&account, "Not certain"),
        ["Doe, Jane: handed in by `Jane_Doe_101` and `doejane_2001`"]
    );
}

#[test]
fn a_list_that_is_damaged_is_told_with_its_line() {
    let graded = Graded::new();
    for (text, words) in [
        ("", "it is empty"),
        (
            "a,b\n1,2\n",
            "it has no column that says who somebody is on line 1; it has `a`, `b`",
        ),
        ("login,name\n", "it has nobody below line 1"),
        (
            "login,login\nx,y\n",
            "its columns 1 and 2 have the same name, `login`",
        ),
        (
            "login\nx\n\ny\nX\n",
            "lines 2 and 5 have the same login, `X`",
        ),
        (
            "login,name\nx,Doe, Jane\n",
            "line 2 has 3 cells, and line 1 names 2 columns",
        ),
    ] {
        graded.put("list.csv", text);
        graded.refuses(
            &["--roster", "list.csv"],
            &["failed to read `", "list.csv`", words],
        );
    }
}

#[test]
fn a_batch_knows_the_people_and_keeps_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    copy_tree(&submission("missing-semicolon"), &path("class/hw1-octocat"));
    let batch = |list: &str| {
        fs::write(path("list.csv"), list).unwrap();
        let mut batch = grade();
        batch
            .args(["batch", "sum-of-products", "--seed", "7"])
            .arg(path("class"));
        batch.arg("--roster").arg(path("list.csv"));
        batch.args(["--delimiter", ";"]);
        batch
            .arg("--feedback")
            .arg(path("feedback"))
            .output()
            .unwrap()
    };
    // A list that is damaged is told before anything is graded.
    let output = batch("a\n1\n");
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert!(!path("class-grades").exists());
    let output = batch(LIST);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    let summary = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        below(&summary, "On the list of the class, without a submission").len(),
        5
    );
    let gradebook = fs::read_to_string(path("class-grades/gradebook.csv")).unwrap();
    assert!(gradebook.starts_with("\u{FEFF}id;verdict;"), "{gradebook}");
    assert!(
        gradebook.contains(";Octo Cat;cat@example.org;octocat;\n"),
        "{gradebook}"
    );
    let json = fs::read_to_string(path("class-grades/batch.json")).unwrap();
    assert!(json.contains("\"login\":\"octocat\""), "{json}");
    for ending in ["html", "md"] {
        assert!(path(&format!("feedback/hw1-octocat.{ending}")).is_file());
    }
}

#[test]
fn the_gradebook_of_canvas_is_a_list_by_either_number() {
    let graded = Graded::new();
    graded.put(
        "book.csv",
        "Student,ID,SIS User ID,SIS Login ID,Section,Sum of Products (77)\n\
         Points Possible,,,,,10\n\
         \"Doe, Jane\",2001,S1,jdoe,A,\n\
         \"Roe, Max\",2002,S2,mroe,A,\n",
    );
    let summary = graded.reports(&["--roster", "book.csv"]);
    let unlisted = below(&summary, "Submissions of nobody on the list of the class");
    for id in ["doejane_2001", "roemax_2002"] {
        assert!(!unlisted.contains(&id), "{summary}");
    }
    assert!(
        !summary.contains("On the list of the class, without"),
        "{summary}"
    );
}

#[test]
fn a_list_of_names_alone_does_not_weaken_the_number() {
    let graded = Graded::new();
    let sheet = "Identifier,Full name,Grade,Maximum grade,Last modified (grade)\n\
        Participant 101,Jane Doe,,10,-\nParticipant 102,Max Roe,,10,-\nParticipant 103,Ann Poe,,10,-\n";
    graded.put("sheet.csv", sheet);
    // Alone, and with somebody who did not hand in.
    graded.put(
        "list.csv",
        "name,group\nJane Doe,\nMax Roe,blue\nBo Lee,blue\n",
    );
    let account = graded.reports(&["--roster", "list.csv", "--moodle", "sheet.csv"]);
    assert!(!account.contains("by the name alone"), "{account}");
    assert_eq!(
        below(&account, "Submissions of nobody in the file").len(),
        6
    );
    // The worksheet of another assignment is noticed with a list as well.
    let other = sheet
        .replace("101,Jane Doe", "101,Max Roe")
        .replace("102,Max Roe", "102,Jane Doe");
    graded.put("sheet.csv", other);
    let account = graded.reports(&["--roster", "list.csv", "--moodle", "sheet.csv"]);
    assert_eq!(below(&account, "Not certain").len(), 2, "{account}");
    assert!(account.starts_with("Grade: 0 grades"), "{account}");
}

#[test]
fn who_has_two_submissions_is_marked_in_the_gradebook() {
    let graded = Graded::new();
    graded.put("list.csv", LIST);
    let gradebook = graded.reports(&["--roster", "list.csv", "--format", "csv"]);
    let jane = gradebook.lines().filter(|line| line.contains("Jane Doe"));
    let notes = ["`doejane_2001`", "`Jane_Doe_101`"];
    for (line, other) in jane.zip(notes) {
        let note = format!("not certain: this person is also in {other}");
        assert!(line.contains(&note), "{line}");
    }
    let other = gradebook.lines().find(|line| line.contains("Octo Cat"));
    assert!(!other.unwrap().contains("not certain"), "{gradebook}");
}

#[test]
fn a_new_list_takes_the_place_of_the_old_one() {
    let graded = Graded::new();
    let folder = graded.out();
    let class = fs::read_to_string(folder.join("class.json")).unwrap();
    // As a batch with another list leaves it.
    let mut class: serde_json::Value = serde_json::from_str(&class).unwrap();
    class["class"]["people"]["hw1-octocat"] = serde_json::json!([{"name": "Old Name"}]);
    class["exported"] = serde_json::json!({});
    fs::write(folder.join("class.json"), class.to_string()).unwrap();
    graded.put("list.csv", "login,name\nteam-red,Red\n");
    let gradebook = graded.reports(&["--roster", "list.csv", "--format", "csv"]);
    assert!(gradebook.contains(",Red,"), "{gradebook}");
    assert!(!gradebook.contains("Old Name"), "{gradebook}");
    // Without a list, Moodle's own names are there.
    let plain = graded.reports(&["--format", "csv"]);
    assert!(plain.contains(",,Ann Poe,,,\n"), "{plain}");
}

#[test]
fn a_list_that_fits_nobody_and_columns_that_nobody_knows_are_told() {
    let graded = Graded::new();
    graded.put("list.csv", "login,Nmae\nstranger,x\n");
    graded.refuses(
        &["--roster", "list.csv"],
        &[
            "failed to find anybody of",
            "its 8 submissions, such as `Ann_Poe_103`; the first person on it has the login `stranger`",
            "columns of",
            "`Nmae`",
        ],
    );
}

#[test]
fn a_list_is_tried_before_anything_is_graded() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    copy_tree(&submission("missing-semicolon"), &path("class/octocat"));
    fs::write(
        path("list.csv"),
        "login,name\noctocat,Octo Cat\nhubot,Hu Bot\n",
    )
    .unwrap();
    for (format, expected) in [
        (
            "human",
            "Hu Bot (hubot)  on the list of the class, without a submission\n",
        ),
        (
            "csv",
            ",Hu Bot (hubot),,,,,,\"on the list of the class, without a submission\"\n",
        ),
        ("json", "\"absent\":[\"Hu Bot (hubot)\"]"),
    ] {
        let mut list = grade();
        list.args(["batch", "sum-of-products", "--list", "--format", format]);
        list.arg(path("class"))
            .arg("--roster")
            .arg(path("list.csv"));
        let output = list.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(expected), "no {expected} in {text}");
        assert!(text.contains("Octo Cat"), "{text}");
    }
    // What goes back to students is no submission.
    let mut batch = grade();
    batch.args(["batch", "sum-of-products"]).arg(path("class"));
    batch.arg("--feedback").arg(path("class/feedback"));
    let output = batch.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert!(shown(&output).contains("it is among the submissions"));
    assert!(!path("class/feedback").exists() && !path("class-grades").exists());
}
