//! Mistakes in `grader.toml`, `exercise.toml` and `grader.lock`: the file, the line, the remedy.

use std::fs;

use crate::support::{
    command::run,
    workspace::{CourseCopy, Workspace},
};

const COURSE: &str = "grader.toml";
const EXERCISE: &str = CourseCopy::EXERCISE;

/// Make one mistake in one file of a copy of the course; both commands that read it must report the mistake.
/// An `@` in the words stands for the number of the line in which the mistake begins.
#[track_caller]
fn mistake(file: &str, from: &str, to: &str, words: &[&str]) {
    let workspace = Workspace::new();
    let course = workspace.course();
    let text = fs::read_to_string(course.root.join(file)).unwrap();
    let line = text
        .split(from)
        .next()
        .unwrap()
        .split('\n')
        .count()
        .to_string();
    course.edit(file, from, to);
    let words: Vec<String> = words.iter().map(|word| word.replace('@', &line)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for arguments in [&["sum-of-products"][..], &["check-exercises"]] {
        let command = &mut workspace.grade();
        command.arg("--course").arg(&course.root).args(arguments);
        run(command).refuses(2, &[file]).complains(&words);
    }
    workspace.assert_nothing_left();
}

#[test]
fn mistakes_in_grader_toml_are_shown_at_their_line() {
    let mistakes = [
        (
            "[crates]",
            "[crates",
            &["line @", "| [crates", "mend the line shown; docs/course.md"][..],
        ),
        (
            "depth = 16",
            "deepness = 16",
            &["line @", "unknown field `deepness`", "expected", "`depth`"],
        ),
        (
            "depth = 16",
            "depth = \"deep\"",
            &[
                "line @",
                "depth = \"deep\"",
                "the text \"deep\" stands where a whole number from 0 belongs",
            ],
        ),
        (
            "wall = \"30s\"",
            "wall = \"soon\"",
            &["line @", "`soon` is not a duration such as"],
        ),
        ("wall = \"30s\"", "wall = \"0s\"", &["line @", "no time"]),
        (
            "size = \"32 MiB\"",
            "size = \"big\"",
            &["line @", "`big` is not a size above zero"],
        ),
        (
            "entries = 10000",
            "entries = 0",
            &["line @", "`entries` is 0, it must be 3 to 1000000"],
        ),
        (
            "depth = 16",
            "depth = 0",
            &["line @", "`depth` is 0, it must be 1 to 100"],
        ),
        (
            "size = \"32 MiB\"",
            "size = \"9 B\"",
            &["line @", "`size` must be 1 KiB to 16 GiB"],
        ),
        (
            "rayon = { version = \"1.11\" }",
            "rayon = { version = \"new\" }",
            &["rayon", "line @"],
        ),
    ];
    for (from, to, words) in mistakes {
        mistake(COURSE, from, to, words);
    }
}

#[test]
fn mistakes_in_ladders_are_shown_at_their_line() {
    let mistakes = [
        (
            "check = \"total\"\ndiagnosis = \"sum-for-product\"",
            "check = \"total\"\ndiagnosis = \"lines-from-zero\"",
            &["line @", "two ladders for `total`", "into one"][..],
        ),
        (
            "steps = [\n  \"Take one file",
            "steps = [\" \",\n  \"Take one file",
            &["line @", "no step is empty"],
        ),
        (
            "steps = [\n  \"Take one file",
            "diagnosis = \"sum-for-produkt\"\nsteps = [\n  \"Take one file",
            &[
                "line @",
                "no check names a mistake `sum-for-produkt`",
                "did you mean `sum-for-product`?",
            ],
        ),
    ];
    for (from, to, words) in mistakes {
        mistake(EXERCISE, from, to, words);
    }
}

#[test]
fn mistakes_in_exercise_toml_are_shown_at_their_line() {
    let mistakes = [
        (
            "title = ",
            "title : ",
            &[
                "line @",
                "title :",
                "mend the line shown; docs/exercises.md",
            ][..],
        ),
        (
            "files = 1000",
            "fils = 1000",
            &["unknown field `fils`", "line @", "`files`"],
        ),
        (
            "files = 1000",
            "files = \"many\"",
            &["line @", "the text \"many\" stands where a whole number"],
        ),
        (
            "files = 1000",
            "files = 0",
            &["line @", "`files` is 0, it must be 1 to 100000"],
        ),
        (
            "low = 1\n",
            "low = 100\n",
            &["line @", "`low` is 100 and `high` is 99"],
        ),
        (
            "\"tmp-{}.numbers\"",
            "\"../{}\"",
            &["line @", "`pattern`", "such as \"tmp-{}.numbers\""],
        ),
        (
            "points = 10",
            "points = 11",
            &["line @", "`points` is 11, but the checks add up to 10"],
        ),
        (
            "id = \"total\"",
            "id = \"totals\"",
            &["line @", "unknown variant `totals`", "`total`"],
        ),
        (
            "id = \"total\"",
            "id = \"run\"",
            &["line @", "check `run` is listed twice", "in this order"],
        ),
        (
            "id = \"run\"",
            "id = \"files-read\"",
            &["`total` comes after `files-read`", "in this order: build"],
        ),
        (
            "fixed = [\"0\"]\nfresh = 2",
            "fixed = []\nfresh = 0",
            &["line @", "there is no seed", "`fixed`"],
        ),
        (
            "fresh = 2",
            "fresh = 101",
            &["line @", "`fresh` asks for 101 seeds, and more than 100"],
        ),
        (
            "lines = 20",
            "lines = 100001",
            &["line @", "`lines` is 100001, it must be 1 to 100000"],
        ),
        (
            "name-length = 5",
            "name-length = 0",
            &["line @", "`name-length` is 0, it must be 1 to 52"],
        ),
        (
            "fixed = [\"0\"]",
            "fixed = [\"-1\"]",
            &["line @", "`-1` is not a seed"],
        ),
        ("fixed = [\"0\"]", "fixed = [0]", &["line @", "fixed = [0]"]),
        (
            "answers = { 0 = \"2483973\" }",
            "answers = { 0 = \"2.5\" }",
            &["line @", "the answer `2.5` is no whole number"],
        ),
        (
            "opt-level = 0",
            "opt-level = 9",
            &["line @", "`opt-level` is 0, 1, 2 or 3"],
        ),
    ];
    for (from, to, words) in mistakes {
        mistake(EXERCISE, from, to, words);
    }
}

#[test]
fn mistakes_in_known_mistakes_are_shown_at_their_line() {
    let mistakes = [
        (
            "value = \"line(3) * line(17)\"",
            "value = \"line(3) * lime(17)\"",
            &["line @", "column 20", "`lime` is none of", "whole numbers"][..],
        ),
        (
            "value = \"line(4) * line(18)\"",
            "value = \"line(4) * sum(line(18))\"",
            &["line @", "column 20", "`sum` is of all files"],
        ),
        (
            "[total]\nvalue = \"line(3) * line(17)\"",
            "",
            &["nothing says what the right total is", "add `[total]`"],
        ),
        (
            "id = \"sum-for-product\"",
            "id = \"lines-from-zero\"",
            &["line @", "listed twice", "an `id` of its own"],
        ),
        (
            "id = \"sum-for-product\"",
            "id = \"Sum\"",
            &["line @", "no name of a mistake", "small letters"],
        ),
        (
            "number = \"u16\"",
            "number = \"u17\"",
            &["line @", "`u17` is no type", "f32"],
        ),
        (
            "value = \"line(1)\"",
            "total = \"count\"\nfiles = \"first\"",
            &[
                "has `total`, and says something of single files",
                "leave out",
            ],
        ),
        (
            "value = \"line(1)\"",
            "",
            &["says nothing that differs", "add `value`"],
        ),
        (
            "example = \"exercises/sum-of-products\"",
            "example = \"../elsewhere\"",
            &["line @", "no folder of the course"],
        ),
        (
            "says = \"the first line of each file was added up\"",
            "says = \"\"",
            &["`says` is no sentence"],
        ),
    ];
    for (from, to, words) in mistakes {
        mistake(EXERCISE, from, to, words);
    }
}

#[test]
fn a_file_of_another_version_says_which_and_what_to_do() {
    for file in [COURSE, EXERCISE] {
        let line = "format-version = 1";
        mistake(
            file,
            line,
            "format-version = 2",
            &[
                "line @: it has format-version 2, this program reads 1",
                "newer `grade`",
            ],
        );
        mistake(
            file,
            line,
            "format-version = 0",
            &["format-version 0", "`format-version = 1`"],
        );
        mistake(
            file,
            line,
            "",
            &["does not say `format-version = 1`", "at the top"],
        );
        mistake(
            file,
            line,
            "format-version = \"1\"",
            &["line @", "`format-version = 1`", "at the top"],
        );
    }
}

#[test]
fn a_key_of_a_newer_version_does_not_hide_the_version() {
    mistake(
        COURSE,
        "format-version = 1",
        "format-version = 9\nwarp = true",
        &["format-version 9"],
    );
}

#[test]
fn a_missing_course_is_reported_with_the_flag_that_names_one() {
    let workspace = Workspace::new();
    let empty = workspace.path("empty");
    fs::create_dir(&empty).unwrap();
    let here = |folder: &str| run(workspace.grade().current_dir(folder).arg("sum-of-products"));
    here("/").refuses(
        2,
        &["found no `grader.toml` in `/` or above", "--course DIR"],
    );
    let command = &mut workspace.grade();
    run(command.args(["sum-of-products", "--course"]).arg(&empty))
        .refuses(2, &["empty/grader.toml", "No such file", "--course"]);
    workspace.assert_nothing_left();
}

#[test]
fn a_file_that_is_no_text_is_reported() {
    let workspace = Workspace::new();
    let course = workspace.course();
    fs::write(course.root.join(COURSE), b"format-version = 1\n# \xff\n").unwrap();
    run(workspace
        .grade()
        .args(["sum-of-products", "--course"])
        .arg(&course.root))
    .refuses(2, &["grader.toml", "UTF-8"]);
}

#[test]
fn an_exercise_called_like_a_subcommand_is_refused() {
    let workspace = Workspace::new();
    let course = workspace.course();
    let from = course.root.join("exercises/sum-of-products");
    fs::rename(from, course.root.join("exercises/batch")).unwrap();
    run(workspace
        .grade()
        .args(["check-exercises", "--course"])
        .arg(&course.root))
    .refuses(
        2,
        &[
            "exercises/batch",
            "`batch` is a subcommand",
            "rename the folder",
        ],
    );
}

#[test]
fn an_exercise_folder_with_an_odd_name_is_refused() {
    let workspace = Workspace::new();
    let course = workspace.course();
    let from = course.root.join("exercises/sum-of-products");
    fs::rename(from, course.root.join("exercises/sum of products")).unwrap();
    run(workspace
        .grade()
        .args(["sum-of-products", "--course"])
        .arg(&course.root))
    .refuses(
        2,
        &[
            "exercises/sum of products",
            "the character ' '",
            "rename the folder",
        ],
    );
}

#[test]
fn a_lock_file_that_does_not_fit_is_reported_with_the_remedy() {
    let remedy = "remove it, grade again, and keep what is written";
    let workspace = Workspace::new();
    let course = workspace.course();
    let grade = || {
        run(workspace
            .grade()
            .args(["sum-of-products", "--course"])
            .arg(&course.root))
    };
    course.write("grader.lock", "version = 4\n[[package");
    grade().refuses(2, &["grader.lock", "line 2", remedy]);
    course.write("grader.lock", "version = 4\n");
    grade().refuses(2, &["grader.lock", "it has no package", remedy]);
    workspace.assert_nothing_left();
}

#[test]
fn a_crate_that_the_lock_file_does_not_know_is_named() {
    let workspace = Workspace::new();
    let course = workspace.course();
    course.edit(
        COURSE,
        "glob = ",
        "globset = { version = \"0.4\" }\nglob = ",
    );
    run(workspace
        .grade()
        .args(["sum-of-products", "--course"])
        .arg(&course.root))
    .refuses(
        2,
        &[
            "grader.lock",
            "it does not lock `globset`",
            "remove it, grade again",
        ],
    );
}

#[test]
fn a_version_that_the_lock_file_does_not_have_is_named() {
    let workspace = Workspace::new();
    let course = workspace.course();
    course.edit(
        COURSE,
        "rayon = { version = \"1.11\" }",
        "rayon = { version = \"0.9\" }",
    );
    run(workspace
        .grade()
        .args(["sum-of-products", "--course"])
        .arg(&course.root))
    .refuses(2, &["grader.lock", "rayon", "remove it, grade again"]);
    workspace.assert_nothing_left();
}
