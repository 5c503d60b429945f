//! What an `exercise.toml` may ask, and every mistake in it: the line, what is wrong and the remedy.

use grade::course::Course;
use judge::questions::{Answer, AtOnce, OrderRule};

use super::made::Made;

const FILES: &str = r#"
[[recipe.files.file]]
name = "task-{i}.txt"
count = 3
contents = "{word}\n"
[[recipe.files.file]]
name = "photo-{i}.bin"
count = 4
contents = "{letters:9}"
"#;

const SLOW: &str = "[latency]\n\"task-*.txt\" = \"200ms..2s\"\n\"*\" = \"40ms\"\n";

/// How an exercise with these checks and this rest loads.
fn load(checks: &[&str], rest: &str) -> Result<grade::course::Exercise, grade::course::Error> {
    let made = Made::new(checks, rest, "fn main() {}\n");
    let course = Course::load(&made.root).unwrap();
    course.exercise("made")
}

#[test]
fn all_that_is_asked_reaches_the_checks() {
    let rest = format!(
        r#"{FILES}{SLOW}
[server]
serve = "photo-*.bin"
list = "urls.txt"
[[server.answers]]
files = "photo-*.bin"
pick = 1
answer = "not-found"
[expect]
lines = "any-order"
files = "downloads"
[overlap]
at-once = 3
effective = 1.9
between = ["task-*.txt", "photo-*.bin"]
[[order]]
printed-while-reading = {{ files = "task-0.txt", line = "not {{stem}}", after = "100ms", before = "2s" }}
[[order]]
backlog = {{ produced = "task-*.txt", consumed = "photo-*.bin", most = 2 }}
[[order]]
once = {{ files = "urls.txt" }}
"#
    );
    let checks = ["build", "run", "output", "overlap", "order", "ends"];
    let exercise = load(&checks, &rest).unwrap();
    let slow = exercise.slow.unwrap();
    let rules: Vec<_> = slow
        .latencies
        .iter()
        .map(|rule| (rule.low, rule.high))
        .collect();
    assert_eq!(rules, [(200, 2000), (40, 40)]);
    assert_eq!(slow.server.unwrap().answers[0].pick, Some(1));
    let questions = exercise.questions;
    assert_eq!(questions.answer, Answer::LinesInAnyOrder);
    assert_eq!(questions.saved.as_deref(), Some("downloads"));
    assert_eq!(questions.overlap.at_once, Some(AtOnce::Number(3)));
    assert_eq!(questions.overlap.effective, Some(1.9));
    let [
        OrderRule::PrintedWhileReading {
            line,
            after_ms,
            before_ms,
            ..
        },
        OrderRule::Backlog { most: 2, .. },
        OrderRule::Once { .. },
    ] = &questions.order[..]
    else {
        panic!("{:?}", questions.order);
    };
    let times = (*after_ms, *before_ms);
    assert_eq!((line.as_str(), times), ("not {stem}", (100, Some(2000))));
}

#[test]
fn mistakes_are_shown_at_their_line_with_a_remedy() {
    let overlap = &["overlap"][..];
    let order = &["order"][..];
    let output = &["output"][..];
    let slow = |rest: &str| format!("{SLOW}{rest}");
    let cases: Vec<Mistake<'_>> = vec![
        (&[], "[recipe.program]\ncrate = \"x\"\n".into(), "[[recipe.files.file]]", "more than one kind", "one of the tables"),
        (&[], "[latency]\n\"tusk-*\" = \"40ms\"\n".into(), "\"tusk-*\"", "no data file is called `tusk-*`", "compare"),
        (&[], "[latency]\n\"*\" = \"soon\"\n".into(), "\"*\" = ", "`soon` is no latency", "200ms..2s"),
        (&[], "[latency]\n\"*\" = \"41ms\"\n".into(), "\"*\" = ", "is 41 ms", "multiples of 4 ms"),
        (&[], "[latency]\n\"*\" = \"1500us\"\n".into(), "\"*\" = ", "is no latency", "multiples of 4 ms"),
        (&[], "[latency]\n\"*\" = \"2s..1s\"\n".into(), "\"*\" = ", "begin at 2000 ms", "multiples"),
        (&[], "[latency]\n".into(), "[latency]", "says nothing", "task-*.txt"),
        (&[], "[server]\nserve = \"photo-*\"\nlist = \"u\"\n".into(), "[server]", "no latencies", "add `[latency]`"),
        (&[], slow("[server]\nserve = \"photo-*\"\nlist = \"photo-x\"\n"), "list = ", "is no name of a file in the folder", "urls.txt"),
        (&[], slow("[server]\nserve = \"photo-*\"\nlist = \"task-0.txt\"\n"), "list = ", "is a data file already", "another name"),
        (
            &[],
            slow("[server]\nserve = \"photo-*\"\nlist = \"u\"\n[[server.answers]]\nfiles = \"photo-*\"\npick = 5\nanswer = \"redirect\"\n"),
            "pick = 5",
            "5 files are picked, and only 4",
            "pick fewer",
        ),
        (&[], "[run]\narguments = [\"a\\u0000\"]\n".into(), "arguments", "character of number 0", "mend"),
        (&[], "[expect]\nlines = \"in-order\"\n".into(), "[expect]", "no check `output`", "[[checks]]"),
        (output, "[expect]\nfiles = \"a/b\"\n".into(), "files = \"a/b\"", "no new folder", "downloads"),
        (output, "[expect]\nfiles = \"task-0.txt\"\n".into(), "files = \"task", "no new folder", "downloads"),
        (&["total", "output"], "[expect]\nlines = \"in-order\"\n".into(), "lines = ", "check `total` asks for the last", "remove"),
        (&[], slow("[overlap]\nat-once = 2\n"), "[overlap]", "no check `overlap`", "[[checks]]"),
        (overlap, slow(""), "checks", "`overlap` asks for nothing", "add `[overlap]`"),
        (overlap, "[overlap]\nat-once = 2\n".into(), "[overlap]", "there is no `[latency]`", "add `[latency]`"),
        (overlap, slow("[overlap]\n"), "[overlap]", "asks for nothing", "`between`"),
        (overlap, slow("[overlap]\nat-once = 8\n"), "at-once", "there are only 7 files", "all"),
        (overlap, slow("[overlap]\nat-once = 1\n"), "at-once", "`at-once` is 1", "from 2"),
        (overlap, slow("[overlap]\nat-once = \"most\"\n"), "at-once", "`at-once` is", "from 2"),
        (overlap, slow("[overlap]\neffective = 7.5\n"), "effective", "`effective` is 7.5", "above 1"),
        (overlap, slow("[overlap]\neffective = nan\n"), "effective", "`effective` is NaN", "above 1"),
        (overlap, slow("[overlap]\nbetween = [\"task-*\", \"x\"]\n"), "between", "no data file is called `x`", "compare"),
        (order, slow(""), "checks", "`order` asks for nothing", "add `[[order]]`"),
        (order, slow("[[order]]\n"), "[[order]]", "exactly one rule", "`backlog`"),
        (order, slow("[[order]]\nonce = { files = \"y\" }\n"), "once", "no data file is called `y`", "compare"),
        (order, slow("[[order]]\nprinted-when-read = { files = \"*\", line = \"{nome}\" }\n"), "printed-when", "no part of a line", "{stem}"),
        (
            order,
            slow("[[order]]\nprinted-when-read = { files = \"*\", line = \"x\", after = \"1s\" }\n"),
            "printed-when",
            "`after` is of `printed-while-reading`",
            "remove it",
        ),
        (
            order,
            slow("[[order]]\nprinted-while-reading = { files = \"*\", line = \"x\", after = \"later\" }\n"),
            "printed-while",
            "`after` is `later`",
            "100ms",
        ),
        (&["multi-threaded"], slow(""), "[latency]", "check `multi-threaded` counts files that are equally slow", "overlap"),
        (&[], "[total]\nvalue = \"line(1)\"\n".into(), "[total]", "is of files of numbers", "remove"),
        (
            &[],
            "[[mistakes]]\ncheck = \"run\"\nid = \"x\"\nsays = \"a\"\ntry = \"b\"\n".into(),
            "id = \"x\"",
            "which this exercise does not ask",
            "[[checks]]",
        ),
        (
            &["run"],
            "[[mistakes]]\ncheck = \"run\"\nid = \"panik\"\nsays = \"a\"\ntry = \"b\"\n".into(),
            "id = \"panik\"",
            "no check names a mistake `panik`",
            "did you mean `panic`?",
        ),
        (
            overlap,
            slow("[overlap]\nat-once = 2\n[[ladders]]\ncheck = \"overlap\"\ndiagnosis = \"joins-to-early\"\nsteps = [\"a\"]\n"),
            "diagnosis = \"joins-to-early\"",
            "no check names a mistake `joins-to-early`",
            "did you mean `joins-too-early`?",
        ),
        (
            &[],
            "[[ladders]]\ncheck = \"build\"\ndiagnosis = \"walrus\"\nsteps = [\"a\"]\n".into(),
            "diagnosis = \"walrus\"",
            "no check names a mistake `walrus`",
            "`grade explain` lists",
        ),
        (
            &[],
            "[[mistakes]]\ncheck = \"build\"\nid = \"x\"\nsays = \"a\"\ntry = \"b\"\ntotal = \"count\"\n".into(),
            "check = \"build\"",
            "says what the total is",
            "leave out",
        ),
    ];
    all_are_refused(cases);
}

#[test]
fn a_latest_time_that_makes_no_sense_is_refused() {
    let order = &["order"][..];
    let rule = |kind: &str, times: &str| {
        format!("{SLOW}[[order]]\nprinted-{kind} = {{ files = \"*\", line = \"x\", {times} }}\n")
    };
    let longer = "longer than `after`";
    let reading = |times| rule("while-reading", times);
    all_are_refused(vec![
        (
            order,
            rule("when-read", "before = \"1s\""),
            "printed-when",
            "`before` is of `printed-while",
            "remove it",
        ),
        (
            order,
            reading("before = \"1500us\""),
            "printed-while",
            "`before` is `1500us`",
            "100ms",
        ),
        (
            order,
            reading("before = \"0ms\""),
            "printed-while",
            "`before` is 0 ms and `after` is 0 ms",
            longer,
        ),
        (
            order,
            reading("after = \"100ms\", before = \"100ms\""),
            "printed-while",
            "`before` is 100 ms and `after` is 100 ms",
            longer,
        ),
    ]);
}

/// Checks besides `build`, the tables behind `FILES`, where the line begins that is named, words of the error, and words
/// of its hint.
type Mistake<'a> = (&'a [&'a str], String, &'a str, &'a str, &'a str);

fn all_are_refused(cases: Vec<Mistake<'_>>) {
    for (checks, rest, at, what, hint) in cases {
        let all = [&["build"], checks].concat();
        let error = load(&all, &format!("{FILES}{rest}")).expect_err(what);
        let text = error.to_string();
        assert!(text.contains(what), "{rest}: {text}");
        let told = error.hint().unwrap_or_default();
        assert!(told.contains(hint), "{rest}: {told}");
        // The file has its points and `START` before this text.
        let head = format!("points = 0\n{}", super::made::START);
        let whole = format!("{head}{FILES}{rest}");
        let lines = whole.lines().chain(["checks"]);
        let line = lines
            .zip(1..)
            .filter(|(line, _)| line.contains(at))
            .map(|(_, line)| line);
        let places: Vec<String> = line.map(|line| format!("line {line}:")).collect();
        assert!(
            places.iter().any(|place| text.contains(place)) || at == "checks",
            "{rest}: {text} {places:?}"
        );
    }
}

#[test]
fn a_wrong_template_is_shown_at_its_line() {
    for (from, to, what) in [
        ("{word}", "{wort}", "`contents` has the place `{wort}`"),
        (
            "task-{i}.txt",
            "task.txt",
            "`count` is 3, but the `name` has no `{i}`",
        ),
        (
            "task-{i}.txt",
            "../task-{i}",
            "`../task-2` is no name of a data file",
        ),
        (
            "count = 3",
            "count = 0",
            "`count` is 0, it must be 1 to 100000",
        ),
        (
            "photo-{i}.bin",
            "task-{i}.txt",
            "two files are called `task-0.txt`",
        ),
    ] {
        let text = FILES.replacen(from, to, 1);
        let error = load(&["build"], &text).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains(", line "), "{error}");
    }
}

#[test]
fn a_generator_that_is_not_there_is_told() {
    let rest = "[recipe.program]\ncrate = \"generators/none\"\n";
    let error = load(&["build"], rest).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("line 9: there is no crate `generators/none`"),
        "{error}"
    );
    let rest = "[recipe.program]\ncrate = \"../none\"\n";
    let error = load(&["build"], rest).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it must be a folder of the course"),
        "{error}"
    );
}
