//! `output`: each difference has its name and its words, and what is right passes.

use super::{
    slow::{asked, fails},
    *,
};
use crate::{
    evidence::{SavedFile, SavedFiles},
    questions::Answer,
};
use ids::Digest;

fn of_lines(answer: Answer) -> Questions {
    Questions {
        checks: vec![CheckId::Output],
        answer,
        ..Questions::default()
    }
}

fn run_of(expected: &str, printed: &str) -> RunEvidence {
    RunEvidence {
        expected: expected.to_owned(),
        ..run(0, printed)
    }
}

fn answer(answer: Answer, expected: &str, printed: &str) -> Finding {
    asked(&of_lines(answer), vec![run_of(expected, printed)], "")
}

#[test]
fn the_same_lines_pass_whatever_white_space_ends_them() {
    use Answer::{LastLine, Lines, LinesInAnyOrder};
    for (kind, expected, printed) in [
        (Lines, "a 1\nb 2", "a 1  \n\n\nb 2\r\n"),
        (LinesInAnyOrder, "a\nb\nb", "b\na\nb\n"),
        (LastLine, "b 2", "noise\n  b 2 \n\n"),
        (LastLine, "first\nb 2", "b 2\n"),
    ] {
        let finding = answer(kind, expected, printed);
        assert_eq!(finding.status, Status::Pass, "{printed:?} {finding:?}");
    }
    let two = vec![run_of("a", "a\n"), run_of("a", "a\n")];
    let finding = asked(&of_lines(Lines), two, "");
    assert_eq!(
        finding.message,
        "what was printed is right on all 2 datasets"
    );
}

#[test]
fn each_difference_of_lines_has_a_name() {
    use Answer::{LastLine, Lines, LinesInAnyOrder};
    let all = "task-1: cod\ntask-2: eel\ntask-3: ray";
    for (kind, printed, name, message) in [
        (Lines, "", "nothing-printed", "nothing was printed"),
        (Lines, "\n \n", "nothing-printed", "nothing was printed"),
        (LastLine, "", "nothing-printed", "nothing was printed"),
        (
            Lines,
            "task-1: cod\ntask-3: ray\n",
            "lines-missing",
            "1 line is missing",
        ),
        (
            LinesInAnyOrder,
            "task-2: eel\n",
            "lines-missing",
            "2 lines are missing",
        ),
        (
            Lines,
            "task-1: cod\ntask-3: ray\ntask-2: eel\n",
            "wrong-order",
            "line 2 is to be `task-2: eel`, which comes as line 3",
        ),
        (
            Lines,
            "task-1: cod\ntask-1: cod\ntask-2: eel\ntask-3: ray\n",
            "lines-twice",
            "1 line is printed more often",
        ),
        (
            LinesInAnyOrder,
            "task-3: ray\ntask-1: cod\ntask-2: eel\nready\n",
            "prints-more",
            "1 line besides",
        ),
        (
            LastLine,
            "task-3: ray\ndone\n",
            "prints-more",
            "1 line besides",
        ),
        (
            Lines,
            "task-1: cod\neel\ntask-3: ray\n",
            "label-missing",
            "the value in line 2 is right",
        ),
        (
            LinesInAnyOrder,
            "Task 1 = cod\ntask-3: ray\ntask-2: eel\n",
            "label-missing",
            "the value in line 1 is right",
        ),
        (
            LastLine,
            "ray\n",
            "label-missing",
            "the value in line 1 is right",
        ),
        (
            Lines,
            "task-1: cod\ntask-2: bee\ntask-3: ray\n",
            "wrong-line",
            "line 2 is not as expected",
        ),
        (
            LastLine,
            "task-1: cod\ntask-3: bee\n",
            "wrong-line",
            "line 2 is not as expected",
        ),
    ] {
        fails(&answer(kind, all, printed), name, message, "");
    }
}

#[test]
fn a_wrong_line_is_held_against_the_one_that_it_was_to_be() {
    let finding = answer(
        Answer::LinesInAnyOrder,
        "a: 1\nb: 2\nc: 3",
        "c: 9\na: 1\nb: 2\n",
    );
    assert_eq!(finding.details.expected.as_deref(), Some("`c: 3`"));
    assert_eq!(finding.details.seen.as_deref(), Some("line 1: `c: 9`"));
    // Where the order is asked for, the first line that differs is held against the one in its place.
    let finding = answer(
        Answer::Lines,
        "done: false\ntimed out\ndone: true",
        "done: true\ntimed out\ndone: true\n",
    );
    assert_eq!(finding.details.expected.as_deref(), Some("`done: false`"));
    assert_eq!(
        finding.details.seen.as_deref(),
        Some("line 1: `done: true`")
    );
    // The value of one line under the name of another is no right value.
    let finding = answer(Answer::Lines, "a: 1\nb: 2", "b: 1\na: 2\n");
    fails(&finding, "wrong-line", "line 1", "");
    let finding = answer(Answer::Lines, "a: 1", "1 2 3\n");
    fails(&finding, "wrong-line", "line 1", "");
}

#[test]
fn of_lines_in_any_order_those_that_belong_together_are_compared() {
    let expected = "09-00: 1825\n08-00: 1110\n07-01: 12";
    let of = |printed: &str| answer(Answer::LinesInAnyOrder, expected, printed);
    let lines = |finding: &Finding| {
        let Details { expected, seen, .. } = finding.details.clone();
        (expected.unwrap_or_default(), seen.unwrap_or_default())
    };
    let pair = |expected: &str, seen: &str| (expected.to_owned(), seen.to_owned());
    // A zero that is left out changes no value.
    let finding = of("8-0: 1110\n9-0: 1825\n7-1: 12\n");
    fails(&finding, "label-missing", "line 1", "");
    assert_eq!(
        lines(&finding),
        pair("line 1: `08-00: 1110`", "line 1: `8-0: 1110`")
    );
    // The same label, also if it is that of a later line.
    let finding = of("noise\n07-01: 19\n09-00: 1825\n");
    fails(&finding, "wrong-line", "line 2", "");
    assert_eq!(lines(&finding), pair("`07-01: 12`", "line 2: `07-01: 19`"));
    // The same value under another name.
    let finding = of("a: 0\n08-02: 1110\n09-00: 1825\n");
    assert_eq!(
        lines(&finding),
        pair("`08-00: 1110`", "line 2: `08-02: 1110`")
    );
}

#[test]
fn lines_without_a_line_feed_between_them_say_so() {
    use Answer::{Lines, LinesInAnyOrder};
    let of = |kind, printed: &str| answer(kind, "first: 4\nsecond: 41", printed);
    for (kind, printed) in [
        (Lines, "first: 4 second: 41"),
        (Lines, "first: 4second: 41\n"),
        (LinesInAnyOrder, "second: 41, first: 4\n"),
    ] {
        let message = "line 1 holds 2 lines";
        fails(
            &of(kind, printed),
            "line-feed-missing",
            message,
            "`println!`",
        );
    }
    let finding = of(Lines, "first: 4 second: 42");
    assert_ne!(finding.diagnosis.as_deref(), Some("line-feed-missing"));
}

#[test]
fn right_lines_on_standard_error_say_so() {
    let of = |printed: &str, stderr: &str, text: &str| {
        let mut run = run_of("failed: a\nfailed: b", printed);
        run.execution.stderr = Captured::complete(stderr);
        asked(&of_lines(Answer::LinesInAnyOrder), vec![run], text)
    };
    let text = "fn main() {\n    eprintln!(\"failed: a\");\n}";
    let finding = of("", "failed: b\nfailed: a\n", text);
    let hint = "src/main.rs:2 prints to standard error";
    fails(&finding, "printed-to-stderr", "nothing was printed", hint);
    assert_eq!(finding.details.place.as_deref(), Some("src/main.rs:2:5"));
    let finding = of("failed: a\n", "failed: b\n", "");
    fails(
        &finding,
        "printed-to-stderr",
        "1 line is missing",
        "`println!`",
    );
    let finding = of("failed: a\n", "error of b\n", text);
    fails(&finding, "lines-missing", "", "");
}

#[test]
fn lines_that_are_missing_because_nothing_waits_say_so() {
    let questions = of_lines(Answer::Lines);
    let text = "fn main() {\n    std::thread::spawn(|| work());\n}";
    let finding = asked(&questions, vec![run_of("a", "")], text);
    fails(
        &finding,
        "ends-too-early",
        "nothing was printed",
        "src/main.rs:2 starts a thread",
    );
    assert_eq!(finding.details.place.as_deref(), Some("src/main.rs:2:18"));
    let mut cut = run_of("a\nb", "a\n");
    slow::seen_of(&mut cut).cut_off = 1;
    let finding = asked(&questions, vec![cut], "");
    fails(
        &finding,
        "ends-too-early",
        "1 line is missing",
        "before `main` ends",
    );
    assert_eq!(
        finding.details.more,
        ["1 read was cut off by the end of the program"]
    );
}

#[test]
fn what_is_wrong_on_some_datasets_only_says_so() {
    let questions = of_lines(Answer::Lines);
    let (mut known, new) = (run_of("a", "a\n"), run_of("b", "a\n"));
    let both = |known: &RunEvidence| asked(&questions, vec![known.clone(), new.clone()], "");
    fails(
        &both(&known),
        "wrong-line",
        "wrong on 1 of 2 datasets: ",
        "right on some datasets only",
    );
    known.is_public = true;
    fails(
        &both(&known),
        "wrong-line",
        "wrong on 1 of 2 datasets: ",
        "is an answer written down?",
    );
    let wrong = vec![new.clone(), new];
    let finding = asked(&questions, wrong, "");
    fails(
        &finding,
        "wrong-line",
        "wrong on all 2 datasets: ",
        "`grade data`",
    );
}

#[test]
fn output_with_a_gap_is_decided_by_what_is_certain() {
    use Answer::{LastLine, Lines, LinesInAnyOrder};
    let with_gap = |head: &str| Captured {
        head: head.to_owned(),
        tail: "y\nz\n".into(),
        omitted: 9,
        is_utf8: true,
    };
    let of = |kind, head: &str| {
        let mut run = run_of("a\nb", "");
        run.execution.stdout = with_gap(head);
        asked(&of_lines(kind), vec![run], "")
    };
    fails(&of(Lines, "a\nx\ny"), "wrong-line", "line 2", "");
    fails(
        &of(LinesInAnyOrder, "b\na\nx\ny"),
        "prints-more",
        "1 line besides",
        "",
    );
    for (kind, head) in [
        (
            Lines, "a
b",
        ),
        (
            Lines, "a
b
",
        ),
        (
            LinesInAnyOrder,
            "b
x",
        ),
    ] {
        fails(&of(kind, head), "prints-more", "far more was printed", "");
    }
    // The end decides about the last line.
    fails(&of(LastLine, "b\n"), "wrong-line", "", "");
    let mut long = run_of("b", "");
    long.execution.stdout = Captured {
        tail: "no line feed".into(),
        ..with_gap("b\n")
    };
    let finding = asked(&of_lines(LastLine), vec![long], "");
    fails(&finding, "prints-more", "far more was printed", "");
}

fn saved(files: &[(&str, &str)], others: usize) -> SavedFiles {
    let file = |&(name, text): &(&str, &str)| {
        let file = SavedFile {
            bytes: text.len() as u64,
            digest: Digest::of(text.as_bytes()),
        };
        (name.to_owned(), file)
    };
    SavedFiles {
        files: files.iter().map(file).collect(),
        others,
    }
}

#[test]
fn each_difference_of_saved_files_has_a_name() {
    let questions = Questions {
        saved: Some("downloads".into()),
        ..of_lines(Answer::LinesInAnyOrder)
    };
    let expected = [("a.bin", "aaaa"), ("b.bin", "bbbb")];
    let of = |run: RunEvidence| asked(&questions, vec![run], "");
    let run = |files: Option<SavedFiles>| RunEvidence {
        saved: files,
        expected_saved: Some(saved(&expected, 0)),
        ..run_of("a", "a\n")
    };
    let run_some = |files| run(Some(files));
    let finding = of(run_some(saved(&expected, 0)));
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
    let b = expected[1];
    for (files, others, name, message) in [
        (&[b][..], 0, "file-missing", "1 file is not saved"),
        (&[], 0, "file-missing", "2 files are not saved"),
        (&[("a.bin", "aa"), b], 0, "file-cut-short", "`a.bin`"),
        (&[("a.bin", "aaax"), b], 0, "file-wrong", "`a.bin`"),
        (&[("a.bin", "aaaaa"), b], 0, "file-wrong", "`a.bin`"),
        (
            &[expected[0], b, ("c", "")],
            0,
            "file-too-much",
            "1 file is saved",
        ),
        (&expected, 2, "file-too-much", "2 files are saved"),
    ] {
        fails(&of(run_some(saved(files, others))), name, message, "");
    }
    // Lines go before files.
    let mut both = run_some(saved(&[b], 0));
    both.execution.stdout = Captured::complete("x\n");
    fails(&of(both), "wrong-line", "", "");
    // What could not be looked at is our fault, unless the lines are wrong on another dataset.
    let unseen = run(None);
    assert_eq!(of(unseen.clone()).status, Status::Inconclusive);
    let mut unexpected = run_some(saved(&expected, 0));
    unexpected.expected_saved = None;
    assert_eq!(of(unexpected).status, Status::Inconclusive);
    let finding = asked(&questions, vec![unseen, run_some(saved(&[b], 0))], "");
    fails(&finding, "file-missing", "wrong on 1 of 2", "");
}

#[test]
fn a_right_answer_is_known_to_files_read_without_a_total() {
    let mut questions = of_lines(Answer::Lines);
    questions.checks = vec![CheckId::FilesRead];
    let mut unread = run_of("a\nb", "a\nb\n");
    unread.execution.observation = None;
    unread.files.read = 1;
    unread.files.unread = vec!["b".into()];
    let finding = asked(&questions, vec![unread.clone()], "");
    assert_eq!(finding.status, Status::Inconclusive, "{finding:?}");
    unread.execution.stdout = Captured::complete("a\n");
    let finding = asked(&questions, vec![unread], "");
    assert_eq!(finding.status, Status::Fail, "{finding:?}");
}
