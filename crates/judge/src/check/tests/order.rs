//! `order`: each rule, kept and broken, and what a run that was not seen to its end decides.

use super::{
    slow::{asked, fails, files, print, seen_of, slow_run},
    *,
};
use crate::{evidence::SlowFiles, questions::OrderRule};
use evidence::ObservationLimit;

fn of_rules(order: Vec<OrderRule>) -> Questions {
    Questions {
        checks: vec![CheckId::Order],
        order,
        ..Questions::default()
    }
}

fn when_read() -> Questions {
    of_rules(vec![OrderRule::PrintedWhenRead {
        files: "task-*.txt".parse().unwrap(),
        line: "{stem}".into(),
    }])
}

/// `task-1` is a part of `task-10`, and no name of it.
fn three() -> SlowFiles {
    files(&[
        ("task-0.txt", 900),
        ("task-1.txt", 600),
        ("task-10.txt", 300),
    ])
}

fn tasks(lines: &[(u32, &str)]) -> RunEvidence {
    let reads = [[1, 0, 0, 900], [2, 1, 0, 600], [3, 2, 0, 300]];
    let mut run = slow_run(&three(), &reads);
    print(&mut run, lines);
    run
}

#[test]
fn lines_that_come_with_their_files_pass() {
    let lines = [
        (300, "task-10: ray"),
        (600, "task-1: cod"),
        (900, "task-0: eel"),
    ];
    let finding = asked(&when_read(), vec![tasks(&lines)], "");
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
    // A program that looks from time to time is a little later.
    let lines = [
        (310, "task-10"),
        (599, "noise"),
        (610, "task-1"),
        (900, "task-0"),
    ];
    let finding = asked(&when_read(), vec![tasks(&lines)], "");
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
    // What starts is not what is done.
    let lines = [
        (0, "start task-10"),
        (300, "task-10"),
        (600, "task-1"),
        (900, "task-0"),
    ];
    let finding = asked(&when_read(), vec![tasks(&lines)], "");
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
}

#[test]
fn a_line_without_a_line_feed_has_the_time_of_its_last_byte() {
    let mut run = tasks(&[(300, "task-10"), (600, "task-1")]);
    let stdout = &mut run.execution.stdout.head;
    stdout.push_str("task-0");
    let bytes = stdout.len() as u64;
    let seen = seen_of(&mut run);
    seen.printed.push(evidence::Printed { time: 900, bytes });
    // The clock goes on behind the last line.
    seen.time = 2000;
    let finding = asked(&when_read(), vec![run.clone()], "");
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
    seen_of(&mut run).printed[2].bytes -= 1;
    fails(
        &asked(&when_read(), vec![run], ""),
        "printed-late",
        "only at 2000 ms",
        "",
    );
}

#[test]
fn a_line_that_comes_with_a_later_file_names_it() {
    let lines = [(600, "task-1"), (600, "task-10"), (900, "task-0")];
    let text = "for handle in handles {\n    handle.join();\n}";
    let finding = asked(&when_read(), vec![tasks(&lines)], text);
    let message = "`task-10.txt` had come at 300 ms, but its line was printed only at 600 ms, when `task-1.txt` had come";
    fails(
        &finding,
        "printed-late",
        message,
        "src/main.rs:2 waits for one thread",
    );
    let all = [(900, "task-0"), (900, "task-1"), (900, "task-10")];
    for (text, hint) in [
        ("", "not after the loop"),
        ("handle.join();", "src/main.rs:1 collects the results"),
        (
            "thread::sleep(rest);",
            "src/main.rs:1 sleeps until everything",
        ),
        (
            "let out = BufWriter::new(stdout());",
            "src/main.rs:1 keeps the lines",
        ),
    ] {
        let finding = asked(&when_read(), vec![tasks(&all)], text);
        let message = "all 3 lines were printed when the last";
        fails(&finding, "printed-at-the-end", message, hint);
    }
}

#[test]
fn a_late_line_without_its_line_feed_is_in_the_buffer() {
    let late = tasks(&[(600, "task-10"), (600, "task-1"), (900, "task-0")]);
    let at_the_end = tasks(&[(900, "task-10"), (900, "task-1"), (900, "task-0")]);
    let text = "fn main() { print!(\"\\n\"); print!(\"{l}\"); }";
    for (run, name) in [(&late, "printed-late"), (&at_the_end, "printed-at-the-end")] {
        let finding = asked(&when_read(), vec![run.clone()], text);
        fails(&finding, name, "", "stays in a buffer");
        assert_eq!(finding.details.place.as_deref(), Some("src/main.rs:1:27"));
        // What ends with a line feed, or is flushed, is not in the buffer.
        for text in [
            "print!(\"{l}\\n\");",
            "print!(\"{l}\"); stdout().flush();",
            "println!(\"{l}\");",
        ] {
            let finding = asked(&when_read(), vec![run.clone()], text);
            let hint = finding.hint.unwrap_or_default();
            assert!(!hint.contains("buffer"), "{text} {hint}");
        }
    }
}

#[test]
fn a_line_that_no_next_file_bounds_is_late_after_a_tenth_of_a_second() {
    let quick = files(&[("task-0.txt", 20)]);
    let printed_at = |time: u32, text: &str| {
        let mut run = slow_run(&quick, &[[1, 0, 0, 20]]);
        seen_of(&mut run).time = 500;
        print(&mut run, &[(time, "task-0")]);
        asked(&when_read(), vec![run], text)
    };
    assert_eq!(printed_at(120, "").status, Status::Pass);
    let message = "`task-0.txt` had come at 20 ms, but its line was printed only at 121 ms";
    fails(
        &printed_at(121, ""),
        "printed-late",
        message,
        "whichever result comes next",
    );
    let text = "thread::sleep(limit);";
    fails(
        &printed_at(200, text),
        "printed-late",
        "",
        "src/main.rs:1 sleeps for a fixed time",
    );
}

#[test]
fn lines_that_are_early_or_missing_have_names() {
    let early = [(0, "task-10"), (600, "task-1"), (900, "task-0")];
    let finding = asked(&when_read(), vec![tasks(&early)], "");
    fails(
        &finding,
        "printed-early",
        "`task-10` was printed before",
        "a guess",
    );
    let missing = [(300, "task-10"), (900, "task-0")];
    let finding = asked(&when_read(), vec![tasks(&missing)], "");
    fails(&finding, "no-line", "no line `task-1`", "`output`");
    let mut unread = slow_run(&three(), &[[1, 0, 0, 900], [2, 1, 0, 600]]);
    print(&mut unread, &[(600, "task-1"), (900, "task-0")]);
    let finding = asked(&when_read(), vec![unread], "");
    fails(&finding, "not-read", "`task-10.txt` was not read", "");
    let mut flood = tasks(&early);
    flood.execution.stdout.omitted = 1;
    fails(
        &asked(&when_read(), vec![flood], ""),
        "lines-unknown",
        "more was printed",
        "",
    );
    let mut bytes = tasks(&early);
    bytes.execution.stdout.is_utf8 = false;
    fails(
        &asked(&when_read(), vec![bytes], ""),
        "lines-unknown",
        "is no text",
        "",
    );
}

fn time_out(lines: &[(u32, &str)]) -> Finding {
    let rule = |line: &str, after_ms, before_ms| OrderRule::PrintedWhileReading {
        files: "slow.txt".parse().unwrap(),
        line: line.into(),
        after_ms,
        before_ms,
    };
    let questions = of_rules(vec![
        rule("done: false", 0, None),
        rule("timed out", 90, Some(500)),
    ]);
    let mut run = slow_run(&files(&[("slow.txt", 3000)]), &[[1, 0, 0, 3000]]);
    print(&mut run, lines);
    asked(&questions, vec![run], "let n = receiver.recv();")
}

#[test]
fn lines_during_a_read_are_held_against_its_time() {
    let rest = (3000, "result: 7\ndone: true");
    let finding = time_out(&[(0, "done: false"), (100, "timed out"), rest]);
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
    let finding = time_out(&[(0, "done: false"), (0, "timed out"), rest]);
    fails(
        &finding,
        "no-time-out",
        "without the wait",
        "`recv_timeout`",
    );
    let finding = time_out(&[(0, "done: false"), (3000, "timed out"), rest]);
    fails(
        &finding,
        "waited-for-the-result",
        "`slow.txt` had already come",
        "src/main.rs:1 waits",
    );
    let finding = time_out(&[(3000, "done: false"), (3000, "timed out"), rest]);
    fails(
        &finding,
        "waited-for-the-result",
        "`done: false`",
        "`try_recv`",
    );
    let finding = time_out(&[rest]);
    fails(&finding, "no-line", "`done: false`", "");
    // The read begins after the line.
    let rule = OrderRule::PrintedWhileReading {
        files: "slow.txt".parse().unwrap(),
        line: "go".into(),
        after_ms: 0,
        before_ms: None,
    };
    let mut run = slow_run(&files(&[("slow.txt", 300)]), &[[1, 0, 50, 350]]);
    print(&mut run, &[(0, "go")]);
    let finding = asked(&of_rules(vec![rule]), vec![run], "");
    fails(&finding, "printed-early", "`go`", "");
}

#[test]
fn a_line_during_a_read_has_a_latest_time() {
    let printed_at = |times: &[u32]| {
        let mut lines = vec![(0, "done: false")];
        lines.extend(times.iter().map(|&time| (time, "timed out")));
        time_out(&lines)
    };
    // One that is in time is enough.
    for times in [&[499][..], &[0, 499], &[90, 2000]] {
        let finding = printed_at(times);
        assert_eq!(finding.status, Status::Pass, "{times:?}: {finding:?}");
    }
    for times in [&[500][..], &[2999]] {
        let message = "`timed out` was printed too late";
        fails(&printed_at(times), "time-out-too-long", message, "its unit");
    }
    let details = printed_at(&[1000]).details;
    assert_eq!(
        details.expected.as_deref(),
        Some("less than 500 ms after the start of the task")
    );
    assert_eq!(details.seen.as_deref(), Some("1000 ms after it"));
    // Who waited for the result, or not at all, made another mistake.
    fails(&printed_at(&[3000]), "waited-for-the-result", "", "");
    fails(&printed_at(&[89, 1000]), "no-time-out", "", "");
    // The time is counted from the start of the read, and the read may end before it has passed.
    let rule = OrderRule::PrintedWhileReading {
        files: "slow.txt".parse().unwrap(),
        line: "go".into(),
        after_ms: 0,
        before_ms: Some(200),
    };
    let started_at = |start: u32, end: u32, printed: u32| {
        let mut run = slow_run(&files(&[("slow.txt", end - start)]), &[[1, 0, start, end]]);
        print(&mut run, &[(printed, "go")]);
        asked(&of_rules(vec![rule.clone()]), vec![run], "")
    };
    assert_eq!(started_at(50, 350, 249).status, Status::Pass);
    fails(&started_at(50, 350, 250), "time-out-too-long", "`go`", "");
    fails(&started_at(50, 150, 150), "waited-for-the-result", "", "");
    fails(&started_at(50, 350, 49), "printed-early", "`go`", "");
}

fn queue(reads: &[[u32; 4]], text: &str) -> Finding {
    let questions = of_rules(vec![
        OrderRule::Backlog {
            produced: "item-*".parse().unwrap(),
            consumed: "stock-*".parse().unwrap(),
            most: 1,
        },
        OrderRule::Once {
            files: "stock-*".parse().unwrap(),
        },
    ]);
    let four = files(&[
        ("item-0", 20),
        ("item-1", 20),
        ("stock-0", 40),
        ("stock-1", 40),
    ]);
    asked(&questions, vec![slow_run(&four, reads)], text)
}

#[test]
fn a_queue_is_held_against_its_bound() {
    // The first is taken when it comes, and the second waits.
    let kept = [
        [0, 0, 0, 20],
        [0, 1, 20, 40],
        [1, 2, 20, 60],
        [1, 3, 60, 100],
    ];
    let finding = queue(&kept, "");
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
    let full = [
        [0, 0, 0, 20],
        [0, 1, 20, 40],
        [1, 2, 60, 100],
        [1, 3, 100, 140],
    ];
    let text = "let (a, b) = mpsc::channel();";
    let message = "2 were made and not yet taken by a consumer, and at most 1 are allowed";
    fails(
        &queue(&full, text),
        "queue-unbounded",
        message,
        "src/main.rs:1 makes a queue",
    );
}

#[test]
fn more_at_once_than_allowed_is_found() {
    let questions = of_rules(vec![OrderRule::AtMost {
        files: "stock-*".parse().unwrap(),
        number: 1,
    }]);
    let four = files(&[
        ("item-0", 20),
        ("item-1", 20),
        ("stock-0", 40),
        ("stock-1", 40),
    ]);
    let of = |second: [u32; 4]| {
        let reads = [[0, 0, 0, 20], [0, 1, 0, 20], [1, 2, 20, 60], second];
        asked(&questions, vec![slow_run(&four, &reads)], "")
    };
    // What begins when another ends is not beside it, and files of another kind do not count.
    assert_eq!(of([2, 3, 60, 100]).status, Status::Pass);
    let message = "2 of these files were being read at the same time, and at most 1 are allowed";
    fails(
        &of([2, 3, 59, 99]),
        "too-many-at-once",
        message,
        "as many threads",
    );
}

#[test]
fn what_is_read_twice_or_never_is_found() {
    let once = [
        [0, 0, 0, 20],
        [0, 1, 20, 40],
        [1, 2, 20, 60],
        [1, 3, 60, 100],
    ];
    let mut reads = once.to_vec();
    reads.push([2, 2, 60, 100]);
    let message = "1 file was read more than once, the first is `stock-0`";
    fails(&queue(&reads, ""), "read-twice", message, "");
    // Four blocks are one read.
    let mut blocks = once[..3].to_vec();
    blocks.extend((0..4).map(|n| [1, 3, 60 + n * 10, 70 + n * 10]));
    assert_eq!(queue(&blocks, "").status, Status::Pass);
    let message = "1 file was not read to the end, the first is `stock-1`";
    fails(&queue(&once[..3], ""), "not-read", message, "work left");
    let rule = OrderRule::Once {
        files: "stock-*".parse().unwrap(),
    };
    let mut run = slow_run(&files(&[("stock-0", 40), ("stock-1", 40)]), &[]);
    let questions = of_rules(vec![rule]);
    let finding = asked(&questions, vec![run.clone()], "");
    let message = "2 files were not read to the end, the first is `stock-0`";
    fails(&finding, "not-read", message, "");
    // What was not read when the observation ended may be read later.
    seen_of(&mut run).capped = Some(ObservationLimit::HeldTooLong { limit_ms: 9 });
    let finding = asked(&questions, vec![run], "");
    assert_eq!(finding.status, Status::Inconclusive, "{finding:?}");
}

#[test]
fn what_explains_the_rest_is_told_first() {
    let mut rules = when_read().order;
    rules.push(OrderRule::PrintedWhileReading {
        files: "task-0.txt".parse().unwrap(),
        line: "wait".into(),
        after_ms: 0,
        before_ms: None,
    });
    rules.push(OrderRule::Once {
        files: "task-*.txt".parse().unwrap(),
    });
    let late = [
        (900, "task-10"),
        (900, "task-1"),
        (900, "task-0"),
        (900, "wait"),
    ];
    let mut run = tasks(&late);
    let finding = asked(&of_rules(rules.clone()), vec![run.clone()], "");
    fails(&finding, "waited-for-the-result", "`wait`", "");
    seen_of(&mut run)
        .timeline
        .push(Access::from([4, 2, 600, 900]));
    let finding = asked(&of_rules(rules), vec![run], "");
    fails(&finding, "read-twice", "`task-10.txt`", "");
}

#[test]
fn what_was_not_seen_to_its_end_is_open_unless_it_is_certain() {
    let cap = Some(ObservationLimit::HeldTooLong { limit_ms: 9 });
    let mut good = tasks(&[(300, "task-10"), (600, "task-1"), (900, "task-0")]);
    seen_of(&mut good).capped = cap;
    assert_eq!(
        asked(&when_read(), vec![good.clone()], "").status,
        Status::Inconclusive
    );
    // A line may still come, and one that is late stays late.
    print(&mut good, &[(300, "task-10"), (600, "task-1")]);
    assert_eq!(
        asked(&when_read(), vec![good.clone()], "").status,
        Status::Inconclusive
    );
    print(
        &mut good,
        &[(600, "task-10"), (600, "task-1"), (900, "task-0")],
    );
    assert_eq!(asked(&when_read(), vec![good], "").status, Status::Fail);
    let mut unseen = tasks(&[]);
    seen_of(&mut unseen).attempts.unseen = 1;
    assert_eq!(
        asked(&when_read(), vec![unseen], "").status,
        Status::Inconclusive
    );
    let mut unobserved = tasks(&[]);
    unobserved.execution.observation = None;
    assert_eq!(
        asked(&when_read(), vec![unobserved.clone()], "").status,
        Status::Inconclusive
    );
    let reason = "no notification".to_owned();
    unobserved.execution.observation = Some(Observed::Unavailable { reason });
    let finding = asked(&when_read(), vec![unobserved], "");
    assert_eq!(finding.status, Status::Inconclusive);
    assert!(finding.message.contains("no notification"), "{finding:?}");
}
