//! Arguments, standard input, and files that a program saves.

use super::made::{Made, check};
use crate::support::command::run;

const CHECKS: [&str; 4] = ["build", "run", "output", "files-read"];

const EXERCISE: &str = r#"
[[recipe.files.file]]
name = "in/a.txt"
contents = "{letters:40}\n"
[run]
arguments = ["copy.txt", "two words"]
input = "from outside\n"
[expect]
lines = "any-order"
files = "out"
"#;

/// A program that saves the data, its second argument and its input under the name of its first argument.
fn program(more: &str) -> String {
    format!(
        r#"
use std::{{env, fs, io}};
fn main() {{
    let arguments: Vec<String> = env::args().skip(1).collect();
    let input = io::read_to_string(io::stdin()).unwrap();
    let data = fs::read_to_string("in/a.txt").unwrap();
    let name = format!("out/sub/{{}}", arguments[0]);
    fs::create_dir_all("out/sub").unwrap();
    fs::write(&name, format!("{{data}}{{}}{{input}}", arguments[1])).unwrap();
    {more}
}}
"#
    )
}

#[test]
fn saved_files_are_compared_and_nothing_else_can_be_written() {
    let made = Made::new(&CHECKS, EXERCISE, &program(r#"println!("one\ntwo");"#));
    // Attempts to write elsewhere fail; lines in another order are the same answer.
    let right = made.graded(
        "right",
        &program(
            r#"for place in ["x", "in/x", "in/a.txt", "../x", "out/../x"] {
                   assert!(fs::write(place, "x").is_err(), "{place} was written");
               }
               assert!(fs::rename("out", "other").is_err() && fs::remove_file("out").is_err());
               println!("two\none");"#,
        ),
    );
    assert_eq!(right["verdict"], "pass", "{right:#}");

    for (name, more) in [
        (
            "another",
            r#"println!("one\ntwo"); fs::write("out/more", "x").unwrap();"#,
        ),
        (
            "cut",
            r#"println!("one\ntwo"); fs::write(&name, "").unwrap();"#,
        ),
        (
            "none",
            r#"println!("one\ntwo"); fs::remove_file(&name).unwrap();"#,
        ),
        (
            "link",
            r#"println!("one\ntwo"); fs::remove_file(&name).unwrap();
               std::os::unix::fs::symlink("../../in/a.txt", &name).unwrap();"#,
        ),
        ("line", r#"println!("one\ntwo\nthree");"#),
    ] {
        let wrong = made.graded(name, &program(more));
        assert_eq!(
            check(&wrong, "output")["status"],
            "fail",
            "{name}: {wrong:#}"
        );
        assert_eq!(
            check(&wrong, "files-read")["status"],
            "pass",
            "{name}: {wrong:#}"
        );
    }
    made.workspace.assert_nothing_left();
}

#[test]
fn data_by_hand_have_the_folder_to_save_in() {
    let made = Made::new(&CHECKS, EXERCISE, &program(""));
    let dir = made.root.join("by-hand");
    run(made.grade(&["data", "made"]).arg(&dir))
        .code(0)
        .reports(&["1 file of seed 0"]);
    assert!(dir.join("in/a.txt").is_file() && dir.join("out").is_dir());
}
