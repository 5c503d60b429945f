//! The gradebook of Canvas: what its importer reads, and every other byte.

use std::fs;

use super::graded::{Graded, below, python};

/// With a mark for Excel, CR LF, quotes where they are not needed, a custom column, and columns that Canvas computes.
const GRADEBOOK: &str = "\u{FEFF}Student,ID,SIS User ID,SIS Login ID,Section,Notes,Sum of Products (77),Essay (78),Current Score,Final Grade\r\n\
    ,,,,,,Manual Posting,,,\r\n\
    \"    Points Possible\",,,,,,10.00,20.00,(read only),(read only)\r\n\
    \"Doe, Jane\",2001,S1,jdoe,A,\"says \"\"hi\"\", often\",,17.5,88,B\r\n\
    \"Roe, Max\",2002,S2,mroe@example.org,A,,6.00,,,\r\n\
    \"Poe, Ann\",2003,S3,apoe,A,,3.00,,,\r\n\
    \"Cat, Octo\",2004,S4,hw1-octocat,\"A\",, ,,,\r\n\
    \"Lee, Bo\",2005,S5,blee,A,,-,,,\r\n\
    \"Student, Test\",2999,,0a1b,A,,,,,\r\n";

#[test]
fn one_column_is_filled_and_every_other_byte_is_as_it_was() {
    let graded = Graded::new();
    graded.put("book.csv", GRADEBOOK);
    let account = graded.reports(&["--canvas", "book.csv"]);
    let expected = GRADEBOOK
        .replace("often\",,17.5", "often\",10,17.5")
        .replace("\"A\",, ,", "\"A\",,6,");
    assert_eq!(graded.read("book-graded.csv"), expected);
    assert_eq!(graded.read("book.csv"), GRADEBOOK);
    assert!(
        account.starts_with("Sum of Products (77): 2 grades filled in, 1 as before\n"),
        "{account}"
    );
    assert_eq!(
        below(&account, "Not graded, so their cells are as they were"),
        ["Poe, Ann: `poeann_2003`"]
    );
    assert_eq!(
        below(&account, "In the file, without a submission"),
        ["Lee, Bo"]
    );
    // The folders from Moodle: the number of a participant there is no user of Canvas.
    assert_eq!(
        below(&account, "Submissions of nobody in the file"),
        [
            "`Ann_Poe_103`",
            "`Jane_Doe_101`",
            "`Max_Roe_102`",
            "`hw1-team-red`"
        ]
    );
}

#[test]
fn python_sees_one_column_changed() {
    let graded = Graded::new();
    let book = graded.put("book.csv", GRADEBOOK);
    graded.reports(&["--canvas", "book.csv"]);
    let before = python(&book, ",");
    let after = python(&graded.path("book-graded.csv"), ",");
    assert_eq!(before.len(), after.len());
    let mut changed = Vec::new();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.len(), after.len());
        let cells = before.iter().zip(after).enumerate();
        for (column, (_, after)) in cells.filter(|(_, (before, after))| before != after) {
            changed.push((before[0].as_str(), column, after.as_str()));
        }
    }
    assert_eq!(changed, [("Doe, Jane", 6, "10"), ("Cat, Octo", 6, "6")]);
}

#[test]
fn the_merged_file_goes_where_it_is_wanted_and_never_over_the_one_that_was_read() {
    let graded = Graded::new();
    graded.put("book.csv", GRADEBOOK);
    let printed = graded.reports(&["--canvas", "book.csv", "--merged", "-"]);
    graded.reports(&["--canvas", "book.csv", "--merged", "there.csv"]);
    assert_eq!(graded.read("there.csv"), printed);
    std::os::unix::fs::symlink("book.csv", graded.path("link.csv")).unwrap();
    for same in ["book.csv", "./book.csv", "link.csv"] {
        graded.refuses(
            &["--canvas", "book.csv", "--merged", same],
            &[
                "it is the file that the grades are merged into",
                "`--merged FILE`",
            ],
        );
    }
    let record = "out/records/hw1-octocat.json";
    for (input, why) in [
        ("list.csv", "it is the list of the class"),
        ("out/batch.json", "it is in the folder of the batch"),
        (record, "it is in the folder of the batch"),
        ("out/new.csv", "it is in the folder of the batch"),
    ] {
        graded.put("list.csv", "login\nhw1-octocat\n");
        let arguments = ["--canvas", "book.csv", "--roster", "list.csv", "--merged"];
        graded.refuses(&[&arguments[..], &[input]].concat(), &[why]);
    }
    // A copy that somebody worked on is kept.
    graded.put("there.csv", "mine");
    graded.reports(&["--canvas", "book.csv", "--merged", "there.csv"]);
    assert_eq!(graded.read("there.csv~"), "mine");
    assert_eq!(graded.read("there.csv"), printed);
    graded.refuses(
        &["--canvas", "book.csv", "--merged", "none/there.csv"],
        &["failed to write the gradebook `"],
    );
    graded.refuses(
        &["--canvas", "book.csv", "--merged", "-", "--format", "csv"],
        &["to standard output"],
    );
    assert_eq!(graded.read("book.csv"), GRADEBOOK);
    // Merged once more, all grades are there already.
    let account = graded.reports(&["--canvas", "there.csv"]);
    assert!(
        account.contains("0 grades filled in, 3 as before"),
        "{account}"
    );
    assert_eq!(
        fs::read(graded.path("there.csv")).unwrap(),
        fs::read(graded.path("there-graded.csv")).unwrap()
    );
}

#[test]
fn the_assignment_is_the_one_that_is_meant_without_doubt() {
    let graded = Graded::new();
    let other = GRADEBOOK.replace("Sum of Products (77)", "Homework 1 (77)");
    graded.put("book.csv", &other);
    graded.refuses(
        &["--canvas", "book.csv"],
        &[
            "it has several assignments: `Homework 1 (77)`, `Essay (78)`",
            "name one with `--assignment`",
        ],
    );
    graded.refuses(
        &["--canvas", "book.csv", "--assignment", "Homework"],
        &["none of its assignments are called `Homework`"],
    );
    for named in ["77", "Homework 1", "homework 1", "Homework 1 (77)"] {
        let account = graded.reports(&["--canvas", "book.csv", "--assignment", named]);
        assert!(
            account.starts_with("Homework 1 (77): 2 grades"),
            "{account}"
        );
    }
    // What cannot be changed is no assignment, and neither is a custom column.
    let alone = other.replace("20.00", "(read only)");
    graded.put("book.csv", alone);
    graded.reports(&["--canvas", "book.csv"]);
    graded.refuses(
        &["--canvas", "book.csv", "--assignment", "Notes"],
        &["none of its assignments are called `Notes`"],
    );
}

#[test]
fn another_maximum_is_told_and_a_scale_settles_it() {
    let graded = Graded::new();
    graded.put("book.csv", GRADEBOOK.replace("10.00,20.00", "100.00,20.00"));
    graded.refuses(
        &["--canvas", "book.csv"],
        &[
            "`Sum of Products (77)` is worth 100 points (Points Possible on line 3), and the exercise 10",
            "`--scale 100` turns full marks into 100 points",
        ],
    );
    graded.refuses(
        &["--canvas", "book.csv", "--scale", "101"],
        &["and `--scale` says 101"],
    );
    graded.reports(&["--canvas", "book.csv", "--scale", "100"]);
    let merged = graded.read("book-graded.csv");
    assert!(merged.contains("often\",100,17.5"), "{merged}");
    assert!(merged.contains("mroe@example.org,A,,60,"), "{merged}");
    graded.reports(&["--canvas", "book.csv", "--scale", "12.5"]);
    let merged = graded.read("book-graded.csv");
    assert!(merged.contains("mroe@example.org,A,,7.5,"), "{merged}");
}

#[test]
fn semicolons_decimal_commas_and_cells_that_must_stay() {
    let graded = Graded::new();
    let book = GRADEBOOK
        .replace("\"Doe, Jane\"", "Doe Jane")
        .replace("often", "often;")
        .replace(',', ";")
        .replace("10.00", "12,5")
        .replace("20.00", "20,00")
        .replace("17.5", "17,5")
        .replace(";6.00;", ";EX;");
    graded.put("book.csv", &book);
    let account = graded.reports(&["--canvas", "book.csv", "--scale", "12.5"]);
    assert_eq!(
        below(&account, "Cells that must stay as they are"),
        ["Roe; Max: is excused (`EX`)"]
    );
    let merged = graded.read("book-graded.csv");
    assert_eq!(
        merged,
        book.replace("often;\";;17,5", "often;\";12,5;17,5")
            .replace("\"A\";; ;", "\"A\";;7,5;")
    );
}

#[test]
fn a_grade_goes_to_no_namesake_and_two_submissions_of_one_student_are_told() {
    let graded = Graded::new();
    let book = GRADEBOOK
        .replace("2004,S4,hw1-octocat", "2004,S4,cat")
        .replace("\"Cat, Octo\"", "\"octocat, hw1\"")
        .replace("\"Lee, Bo\"", "\"Hw1, Octocat\"");
    graded.put("book.csv", &book);
    let account = graded.reports(&["--canvas", "book.csv"]);
    assert_eq!(
        below(&account, "Not certain"),
        ["`hw1-octocat` fits several lines: `octocat, hw1` and `Hw1, Octocat`"]
    );
    // They may have handed in.
    assert!(!account.contains("without a submission"), "{account}");
    // One of them is away: the other one is found by the name, and that is told.
    let book = book.replace("Hw1, Octocat", "Lee, Bo");
    graded.put("book.csv", book);
    let account = graded.reports(&["--canvas", "book.csv"]);
    assert_eq!(
        below(&account, "Found by the name alone"),
        ["`hw1-octocat`: octocat, hw1"]
    );
}

#[test]
fn a_gradebook_of_another_class_is_refused() {
    let graded = Graded::new();
    let book = "Student,ID,SIS Login ID,Section,Sum of Products (77)\nPoints Possible,,,,10\n\"X, Y\",1,xy,A,\n";
    graded.put("book.csv", book);
    graded.refuses(
        &["--canvas", "book.csv"],
        &[
            "none of its 1 students handed in one of the 8 submissions",
            "--roster",
        ],
    );
}
