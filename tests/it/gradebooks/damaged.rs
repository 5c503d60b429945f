//! Files that are damaged or are no gradebooks: each is told with its file, its line and what to do, and nothing is
//! written.

use std::fs::File;

use super::graded::Graded;

const HEAD: &str = "Student,ID,SIS Login ID,Section,Sum of Products (77)\n";

#[test]
fn each_is_told_with_its_line_and_what_to_do() {
    let graded = Graded::new();
    let utf16 = HEAD
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect::<Vec<_>>();
    let mut latin = format!("{HEAD}Points Possible,,,,10\n\"M").into_bytes();
    latin.extend_from_slice(b"\xFCller, J\",2001,x,A,\n");
    for (bytes, words) in [
        (&b""[..], "it is empty"),
        (&utf16, "its text is UTF-16"),
        (&latin, "line 3 is not UTF-8"),
        (
            b"PK\x03\x04xl/workbook.xml",
            "it is a workbook or an archive, and not text",
        ),
        (b"<!DOCTYPE html><title>Log in</title>", "it is a web page"),
        (
            b"a,b\n1,\"2\n",
            "the quote that begins on line 2 has no end",
        ),
        (
            b"a,b\n1,\"2\"x\n",
            "on line 2, text follows a closing quote",
        ),
        (
            b"\"Doe, Jane\",2001,jdoe,A,\n",
            "it has no column `ID` on line 1; Canvas gives it one",
        ),
        (
            b"Student,ID,ID,Section,Sum of Products (77)\n",
            "its columns 2 and 3 have the same name, `ID`",
        ),
        (HEAD.as_bytes(), "it has no line of a student"),
        (
            b"Student,ID,Section,Essay\nx,1,A,\n",
            "it has no assignment that takes grades",
        ),
        (
            b"Student,ID,Section,Hw (77)\nPoints Possible,,,10\nx,2001,A\n",
            "line 3 has 3 cells, and the grade goes into cell 4",
        ),
    ] {
        graded.put("book.csv", bytes);
        graded.refuses(
            &["--canvas", "book.csv"],
            &["failed to read `", "book.csv`", words],
        );
    }
    graded.refuses(&["--canvas", "none.csv"], &["none.csv`", "No such file"]);
    graded.refuses(&["--canvas", "out"], &["Is a directory"]);
    // A file of a hundred megabytes is not read as a whole.
    let large = File::create(graded.path("large.csv")).unwrap();
    large.set_len(100 << 20).unwrap();
    graded.refuses(&["--canvas", "large.csv"], &["it is larger than 32 MiB"]);
}

#[test]
fn what_belongs_to_a_gradebook_needs_one() {
    let graded = Graded::new();
    for flag in ["--scale", "--merged", "--assignment"] {
        graded.refuses(
            &[flag, "10"],
            &[flag, "without a gradebook", "`--canvas FILE`"],
        );
    }
    graded.put("book.csv", HEAD);
    graded.refuses(
        &["--moodle", "book.csv", "--assignment", "x"],
        &["failed to use `--assignment` with `--moodle`"],
    );
    for wrong in ["0", "-1", "x", "1e9"] {
        let output = graded.report(&["--canvas", "book.csv", "--scale", wrong]);
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("it is a number such as `20`"), "{stderr}");
    }
    let record = graded.out().join("records/hw1-octocat.json");
    let output = crate::support::command::grade()
        .arg("report")
        .arg(record)
        .arg("--canvas")
        .arg(graded.path("book.csv"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("it is one record"), "{stderr}");
    let batch = crate::support::command::grade()
        .arg("report")
        .arg(graded.out().join("batch.json"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&batch.stderr);
    assert!(stderr.contains("it is a whole batch"), "{stderr}");
}
