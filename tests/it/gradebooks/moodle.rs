//! The grading worksheet of Moodle: what its importer reads, and every other byte.

use super::graded::{Graded, below};

const WORKSHEET: &str = "Identifier,\"Full name\",\"ID number\",\"Email address\",Status,Grade,\"Maximum grade\",\"Grade can be changed\",\"Last modified (submission)\",\"Last modified (grade)\",\"Feedback comments\"\n\
    \"Participant 101\",\"Jane Doe\",S1,jane@example.org,\"Submitted for grading\",,10.00,Yes,\"Wednesday, September 23, 2020, 9:00 PM\",-,\"line one\nline two\"\n\
    \"Participant 102\",\"Max Roe\",S2,max@example.org,\"Submitted for grading\",\"\",10.00,Yes,-,-,\n\
    \"Participant 103\",\"Ann Poe\",S3,ann@example.org,\"Submitted for grading\",4.00,10.00,Yes,-,-,\n\
    \"Participant 104\",\"Octo Cat\",hw1-octocat,cat@example.org,\"Submitted for grading\",,10.00,No,-,-,\n\
    \"Participant 105\",\"Bo Lee\",S5,bo@example.org,\"No submission\",,10.00,Yes,-,-,";

#[test]
fn grades_go_to_the_participants_by_their_numbers() {
    let graded = Graded::new();
    graded.put("sheet.csv", WORKSHEET);
    let account = graded.reports(&["--moodle", "sheet.csv"]);
    let expected = WORKSHEET
        .replace("grading\",,10.00,Yes,\"Wed", "grading\",10,10.00,Yes,\"Wed")
        .replace("grading\",\"\",10", "grading\",\"0\",10");
    assert_eq!(graded.read("sheet-graded.csv"), expected);
    assert!(
        account.starts_with("Grade: 2 grades filled in\n"),
        "{account}"
    );
    assert_eq!(
        below(&account, "Cells that must stay as they are"),
        ["Octo Cat (Participant 104): Moodle says that the grade cannot be changed"]
    );
    assert_eq!(
        below(&account, "Not graded"),
        ["Ann Poe (Participant 103): `Ann_Poe_103`"]
    );
    assert_eq!(
        below(&account, "In the file, without a submission"),
        ["Bo Lee (Participant 105)"]
    );
}

#[test]
fn the_worksheet_of_another_assignment_is_noticed() {
    let graded = Graded::new();
    // The same people have other numbers there.
    let other = WORKSHEET
        .replace("101\",\"Jane Doe", "101\",\"Max Roe")
        .replace("102\",\"Max Roe", "102\",\"Jane Doe");
    graded.put("sheet.csv", other);
    let account = graded.reports(&["--moodle", "sheet.csv"]);
    let doubtful = below(&account, "Not certain");
    assert_eq!(doubtful.len(), 2, "{account}");
    assert_eq!(
        doubtful[0],
        "`Jane_Doe_101` was handed in by `Jane Doe`, whose number 101 is `Max Roe (Participant 101)` in the file"
    );
    assert!(
        account.starts_with("Grade: 0 grades filled in\n"),
        "{account}"
    );
}

#[test]
fn what_is_no_worksheet_is_told() {
    let graded = Graded::new();
    for (from, to, words) in [
        (
            "Identifier",
            "ID",
            "it has no column `Identifier` on line 1; Moodle gives it one",
        ),
        (",Grade,", ",Bewertung,", "it has no column `Grade`"),
        (
            "Status,Grade",
            "Grade,Grade",
            "its columns 5 and 6 have the same name, `Grade`",
        ),
        (
            "4.00,10.00",
            "4.00,20.00",
            "the maximum is 10 on line 2 and 20 on line 5",
        ),
        (
            "4.00,10.00",
            "4.00,Good",
            "the maximum on line 5 is `Good`, and no number",
        ),
    ] {
        assert!(WORKSHEET.contains(from), "{from}");
        graded.put("sheet.csv", WORKSHEET.replacen(from, to, 1));
        graded.refuses(&["--moodle", "sheet.csv"], &[words]);
    }
    graded.put("sheet.csv", WORKSHEET.replace("10.00", "20.00"));
    graded.refuses(
        &["--moodle", "sheet.csv"],
        &["is worth 20 points (Maximum grade on line 2), and the exercise 10"],
    );
}
