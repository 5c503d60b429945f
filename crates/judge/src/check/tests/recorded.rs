//! What the record keeps of a run on a slow disk, and of an answer of several lines.

use super::{
    slow::{files, print, slow_run},
    *,
};
use crate::{
    questions::Answer,
    record::{PrintedLine, Run, Unit},
};

fn of_lines(answer: Answer) -> Questions {
    Questions {
        checks: vec![CheckId::Output],
        answer,
        ..Questions::default()
    }
}

#[test]
fn a_slow_run_is_kept_in_milliseconds_with_names_and_lines() {
    let two = files(&[("first.txt", 300), ("second.txt", 900)]);
    let mut seen = slow_run(&two, &[[1, 0, 0, 300], [2, 1, 0, 900]]);
    print(&mut seen, &[(300, "one"), (900, &"x".repeat(300))]);
    seen.expected = "one\ntwo".into();
    let mut run = Run::new(&seen, &of_lines(Answer::Lines));
    assert_eq!((run.unit, run.right), (Some(Unit::Ms), Some(false)));
    assert_eq!(run.concurrency.unwrap().rounds, 900);
    assert_eq!(run.timeline, None);
    run.take_timeline(&seen);
    assert_eq!(run.timeline.as_deref(), Some("1 0 0 300;2 1 0 900"));
    assert_eq!(run.files_of_timeline, ["first.txt", "second.txt"]);
    let line = |ms, line: &str| PrintedLine {
        ms,
        line: line.to_owned(),
    };
    assert_eq!(run.printed, [line(300, "one"), line(900, &"x".repeat(100))]);
}

#[test]
fn long_lists_are_cut() {
    let names: Vec<String> = (0..301).map(|n| format!("f-{n:03}")).collect();
    let many: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 4)).collect();
    let mut seen = slow_run(&files(&many), &[[0, 0, 0, 4]]);
    print(&mut seen, &[(0, "x"); 250]);
    let mut run = Run::new(&seen, &of_lines(Answer::Lines));
    run.take_timeline(&seen);
    assert_eq!((run.files_of_timeline.len(), run.printed.len()), (0, 200));
    assert_eq!(run.answer.unwrap().chars().count(), 200);
}

#[test]
fn the_answer_is_what_the_exercise_asks_for() {
    let recorded = |answer, printed: &str| {
        let mut seen = run(0, printed);
        seen.expected = "a\nb".into();
        let run = Run::new(&seen, &of_lines(answer));
        (run.answer, run.right)
    };
    let both = Some("b\na".to_owned());
    assert_eq!(
        recorded(Answer::Lines, "b \n\na\n"),
        (both.clone(), Some(false))
    );
    assert_eq!(
        recorded(Answer::LinesInAnyOrder, "b\na\n"),
        (both, Some(true))
    );
    assert_eq!(
        recorded(Answer::LastLine, "a\nb\n"),
        (Some("b".into()), Some(true))
    );
    assert_eq!(recorded(Answer::Lines, "\n"), (None, Some(false)));
    // A total has a spelling of its own.
    let mut of_rounds = Run::new(&run(0, "42\n"), &of_totals());
    assert_eq!((of_rounds.right, of_rounds.unit), (None, None));
    of_rounds.take_timeline(&run(0, "42\n"));
    assert!(of_rounds.printed.is_empty() && of_rounds.files_of_timeline.is_empty());
}
