//! `overlap`: each lack has its name and its words, and the machine is never blamed on a student.

use super::{
    slow::{asked, fails, files, seen_of, slow_run},
    *,
};
use crate::questions::{AtOnce, Overlap};
use evidence::ObservationLimit;

fn of_overlap(overlap: Overlap) -> Questions {
    Questions {
        checks: vec![CheckId::Overlap],
        overlap,
        ..Questions::default()
    }
}

fn at_once(at_once: AtOnce) -> Questions {
    of_overlap(Overlap {
        at_once: Some(at_once),
        ..Overlap::default()
    })
}

fn find(questions: &Questions, reads: &[[u32; 4]], text: &str) -> Finding {
    asked(questions, vec![slow_run(&two(), reads)], text)
}

fn two() -> crate::evidence::SlowFiles {
    files(&[("first.txt", 300), ("second.txt", 900)])
}

/// Both at once, in two threads.
const BOTH: [[u32; 4]; 2] = [[1, 0, 0, 300], [2, 1, 0, 900]];
/// One after the other.
const TURNS: [[u32; 4]; 2] = [[1, 0, 0, 300], [2, 1, 300, 1200]];

#[test]
fn reads_that_wait_together_pass() {
    for questions in [
        at_once(AtOnce::All),
        at_once(AtOnce::Number(2)),
        of_overlap(Overlap {
            effective: Some(1.3),
            ..Overlap::default()
        }),
        of_overlap(Overlap {
            between: Some(["first*".parse().unwrap(), "second*".parse().unwrap()]),
            ..Overlap::default()
        }),
    ] {
        let finding = find(&questions, &BOTH, "");
        assert_eq!(finding.status, Status::Pass, "{finding:?}");
        assert_eq!(
            finding.message,
            "up to 2 slow reads waited at the same time, 1.33 on average"
        );
        // In four blocks, each asked for by itself.
        let quarter = |thread, file, latency: u32| {
            (0..4).map(move |n| [thread, file, n * latency / 4, (n + 1) * latency / 4])
        };
        let blocks: Vec<_> = quarter(1, 0, 300).chain(quarter(2, 1, 900)).collect();
        let finding = find(&questions, &blocks, "");
        assert_eq!(finding.status, Status::Pass, "{finding:?}");
    }
}

#[test]
fn never_two_at_once_is_told_by_its_cause() {
    let questions = at_once(AtOnce::Number(2));
    let one = [[0, 0, 0, 300], [0, 1, 300, 1200]];
    let message = "only one slow read waits at a time";
    fails(
        &find(&questions, &one, ""),
        "one-after-the-other",
        message,
        "start a thread for each",
    );
    let blocks = "use std::fs;\nasync fn task() { fs::read_to_string(name) }";
    fails(
        &find(&questions, &one, blocks),
        "async-blocks",
        message,
        "src/main.rs:2 is `async`",
    );
    let awaited = "for f in files { tokio::fs::read_to_string(f).await; }";
    fails(
        &find(&questions, &one, awaited),
        "awaited-one-by-one",
        "",
        "`.await`",
    );
    let join = "let a = thread::spawn(f).join();";
    fails(
        &find(&questions, &TURNS, join),
        "joins-too-early",
        message,
        "src/main.rs:1",
    );
    let lock = "let g = lock.lock().unwrap(); fs::read_to_string(name)";
    fails(
        &find(&questions, &TURNS, lock),
        "serialised",
        "2 threads take turns: ",
        "takes a lock",
    );
    fails(
        &find(&questions, &[], ""),
        "no-slow-read",
        "there was no slow read",
        "",
    );
    let mut looped = slow_run(&two(), &TURNS);
    let seen = seen_of(&mut looped);
    (seen.threads_created, seen.threads_at_once) = (2, 2);
    let finding = asked(&questions, vec![looped], "");
    fails(
        &finding,
        "joins-too-early",
        "2 threads run one after the other",
        "start all threads first",
    );
    for asks in [
        of_overlap(Overlap {
            effective: Some(1.3),
            ..Overlap::default()
        }),
        of_overlap(Overlap {
            between: Some(["first*".parse().unwrap(), "second*".parse().unwrap()]),
            ..Overlap::default()
        }),
    ] {
        fails(&find(&asks, &one, ""), "one-after-the-other", message, "");
    }
}

#[test]
fn an_early_end_the_same_file_and_a_main_that_reads_have_words_of_their_own() {
    let questions = at_once(AtOnce::All);
    let mut ended = slow_run(&two(), &TURNS[..1]);
    seen_of(&mut ended).cut_off = 1;
    let finding = asked(&questions, vec![ended], "");
    let message = "ended while 1 slow read still waited";
    fails(&finding, "ends-too-early", message, "call `join`");
    let started = "thread::spawn(second);";
    let finding = find(&questions, &[], started);
    fails(
        &finding,
        "ends-too-early",
        "does not wait for what it starts",
        "call `join`",
    );
    assert_eq!(finding.details.place.as_deref(), Some("src/main.rs:1:9"));
    let mut same = slow_run(&two(), &[[1, 0, 0, 300], [2, 0, 0, 300]]);
    seen_of(&mut same).concurrency.held_max = 2;
    let finding = asked(&questions, vec![same], "");
    fails(&finding, "same-file", "is the same file", "which name");
    let finding = find(&questions, &TURNS[..1], "");
    fails(
        &finding,
        "one-file",
        "one slow read and no other",
        "read the other files",
    );
    // A program that ends at once has read nothing, whether its threads had begun or not.
    let mut at_once = slow_run(&two(), &[]);
    seen_of(&mut at_once).cut_off = 2;
    let finding = asked(&questions, vec![at_once], "");
    fails(&finding, "no-slow-read", "there was no slow read", "");
    let mut main = slow_run(&two(), &TURNS);
    seen_of(&mut main).threads[0].is_first = true;
    let finding = asked(&questions, vec![main.clone()], "");
    fails(
        &finding,
        "main-reads-alone",
        "`main` reads while",
        "before `main` reads",
    );
    let lock = "let g = lock.lock().unwrap(); fs::read_to_string(name)";
    let finding = asked(&questions, vec![main], lock);
    fails(&finding, "serialised", "take turns", "takes a lock");
}

#[test]
fn fewer_at_once_than_asked_for_names_the_pool() {
    let three = files(&[("a", 100), ("b", 200), ("c", 300)]);
    let reads = [[1, 0, 0, 100], [2, 1, 0, 200], [1, 2, 100, 400]];
    let all = at_once(AtOnce::All);
    let of = |text: &str| asked(&all, vec![slow_run(&three, &reads)], text);
    let message = "at most 2 slow reads wait at the same time, and 3 are asked for";
    fails(
        &of(""),
        "not-all-at-once",
        message,
        "give each a thread of its own",
    );
    let pool = "let pool = ThreadPool::new(2);";
    fails(
        &of(pool),
        "not-all-at-once",
        message,
        "src/main.rs:1 limits",
    );
}

#[test]
fn what_the_end_cut_off_may_have_waited_beside_all_others() {
    let three = files(&[("a", 100), ("b", 200), ("c", 300)]);
    let of = |cut_off| {
        let mut run = slow_run(&three, &[[1, 0, 0, 100], [2, 1, 0, 200]]);
        seen_of(&mut run).cut_off = cut_off;
        asked(&at_once(AtOnce::All), vec![run], "")
    };
    let message = "ended while 1 slow read still waited";
    fails(&of(1), "ends-too-early", message, "wait for every thread");
    fails(&of(0), "not-all-at-once", "at most 2 slow reads", "");
}

#[test]
fn a_list_that_is_read_beside_slow_files_is_none_of_them() {
    let listed = files(&[("list", 4), ("one", 100), ("two", 200)]);
    let of = |asked: &Questions, reads: &[[u32; 4]]| {
        let mut run = slow_run(&listed, reads);
        seen_of(&mut run).concurrency.held_max = 3;
        super::slow::asked(asked, vec![run], "")
    };
    let all = [[0, 0, 0, 4], [1, 1, 0, 100], [2, 2, 0, 200]];
    let finding = of(&at_once(AtOnce::All), &all);
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
    assert!(
        finding.message.starts_with("up to 2 slow reads"),
        "{finding:?}"
    );
    let few = of(&at_once(AtOnce::Number(3)), &all);
    fails(&few, "not-all-at-once", "at most 2 slow reads", "");
    // Two reads at once, of which one is the list: no two of one file.
    let turns = [[1, 1, 0, 100], [0, 0, 0, 4], [1, 2, 100, 300]];
    let alone = of(&at_once(AtOnce::All), &turns);
    assert_eq!(alone.status, Status::Fail, "{alone:?}");
    assert_ne!(alone.diagnosis.as_deref(), Some("same-file"), "{alone:?}");
}

#[test]
fn to_begin_all_and_then_wait_in_turn_is_no_overlap() {
    // A quarter of each at once, and the rest one after the other.
    let reads = [
        [1, 0, 0, 75],
        [2, 1, 0, 225],
        [1, 0, 225, 450],
        [2, 1, 450, 1125],
    ];
    let message = "the longest alone takes 900 ms";
    fails(
        &find(&at_once(AtOnce::All), &reads, ""),
        "overlaps-in-part",
        message,
        "hold no lock",
    );
    // A start that is a little later is none.
    let later = [[1, 0, 10, 310], [2, 1, 0, 900]];
    assert_eq!(find(&at_once(AtOnce::All), &later, "").status, Status::Pass);
}

#[test]
fn means_and_kinds_have_words_of_their_own() {
    let four = files(&[
        ("item-1", 20),
        ("item-2", 20),
        ("stock-1", 40),
        ("stock-2", 40),
    ]);
    let phases = [[1, 0, 0, 20], [2, 1, 0, 20], [3, 2, 20, 60], [4, 3, 20, 60]];
    let between = of_overlap(Overlap {
        between: Some(["item-*".parse().unwrap(), "stock-*".parse().unwrap()]),
        ..Overlap::default()
    });
    let finding = asked(&between, vec![slow_run(&four, &phases)], "");
    fails(
        &finding,
        "in-two-phases",
        "no `item-*` is read while a `stock-*` is read",
        "",
    );
    let beside = [
        [1, 0, 0, 20],
        [1, 1, 20, 40],
        [3, 2, 20, 60],
        [3, 3, 60, 100],
    ];
    let finding = asked(&between, vec![slow_run(&four, &beside)], "");
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
    let mean = of_overlap(Overlap {
        effective: Some(1.9),
        ..Overlap::default()
    });
    let finding = asked(&mean, vec![slow_run(&four, &beside)], "");
    fails(
        &finding,
        "too-little-overlap",
        "1.20 on average, and at least 1.90",
        "",
    );
}

#[test]
fn files_of_a_server_are_called_requests() {
    let mut served = slow_run(&two(), &TURNS);
    (served.files.expected, served.files.read) = (1, 1);
    let finding = asked(&at_once(AtOnce::All), vec![served], "");
    assert!(
        finding.message.contains("only one request waits"),
        "{finding:?}"
    );
}

#[test]
fn what_was_not_seen_to_its_end_is_open_unless_it_is_certain() {
    let all = at_once(AtOnce::All);
    let mut capped = slow_run(&two(), &BOTH);
    let cap = ObservationLimit::HeldTooLong { limit_ms: 10_000 };
    seen_of(&mut capped).capped = Some(cap);
    // It has been seen, and stays so.
    assert_eq!(asked(&all, vec![capped.clone()], "").status, Status::Pass);
    // A mean may still fall.
    let mean = of_overlap(Overlap {
        effective: Some(1.3),
        ..Overlap::default()
    });
    let finding = asked(&mean, vec![capped], "");
    assert_eq!(finding.status, Status::Inconclusive, "{finding:?}");
    let mut turns = slow_run(&two(), &TURNS);
    seen_of(&mut turns).capped = Some(cap);
    let finding = asked(&all, vec![turns.clone()], "");
    assert_eq!(finding.status, Status::Inconclusive, "{finding:?}");
    // Unless the program itself took the time.
    seen_of(&mut turns).slept_ms = 6_000;
    fails(
        &asked(&all, vec![turns.clone()], ""),
        "held-up",
        "slept and computed for 6.0 s",
        "",
    );
    seen_of(&mut turns).held_at_cap = 2;
    assert_eq!(asked(&all, vec![turns], "").status, Status::Inconclusive);
    // Of a program that is not serial, the rest could have been at once.
    let three = files(&[("a", 100), ("b", 200), ("c", 300)]);
    let mut some = slow_run(&three, &[[1, 0, 0, 100], [2, 1, 0, 200]]);
    let seen = seen_of(&mut some);
    (seen.capped, seen.slept_ms) = (Some(cap), 6_000);
    assert_eq!(asked(&all, vec![some], "").status, Status::Inconclusive);
    let mut unseen = slow_run(&two(), &BOTH);
    seen_of(&mut unseen).attempts.unseen = 1;
    assert_eq!(asked(&all, vec![unseen], "").status, Status::Inconclusive);
    let mut unobserved = slow_run(&two(), &TURNS);
    unobserved.execution.observation = None;
    assert_eq!(
        asked(&all, vec![unobserved.clone()], "").status,
        Status::Inconclusive
    );
    let reason = "no notification".to_owned();
    unobserved.execution.observation = Some(Observed::Unavailable { reason });
    let finding = asked(&all, vec![unobserved.clone()], "");
    assert_eq!(finding.status, Status::Inconclusive);
    assert!(finding.message.contains("no notification"), "{finding:?}");
    // A certain answer of another run goes before.
    let turns = slow_run(&two(), &TURNS);
    let finding = asked(&all, vec![unobserved, turns], "");
    assert_eq!(finding.status, Status::Fail, "{finding:?}");
}
