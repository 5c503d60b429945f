//! The words for threads that wait, from made-up threads.

use super::{advice::EXAMPLES, *};

const FUTEX: i64 = 202;

fn thread(functions: &[&str], address: u64) -> ThreadStanding {
    ThreadStanding {
        threads: 1,
        is_first: false,
        runs: false,
        call: Some((FUTEX, [address, 0x89, 2, 0, 0, 0])),
        functions: functions.iter().map(|&name| name.to_owned()).collect(),
    }
}

const LOCK: &str = "std::sys::sync::mutex::futex::Mutex::lock_contended";
const RECEIVE: &str = "std::sync::mpmc::list::Channel<T>::recv";
const BARRIER: &str = "std::sync::barrier::Barrier::wait";
const CONDVAR: &str = "std::sys::sync::condvar::futex::Condvar::wait_optional_timeout";
const JOIN: &str = "std::thread::lifecycle::JoinInner<T>::join";

fn first(thread: ThreadStanding) -> ThreadStanding {
    ThreadStanding {
        is_first: true,
        ..thread
    }
}

#[test]
fn two_locks_in_two_orders_are_told() {
    let threads = [
        first(thread(&[JOIN, "my::main", "core::ops::call"], 1)),
        thread(
            &[
                LOCK,
                "std::sync::Mutex<T>::lock",
                "my::add",
                "my::main::{{closure}}",
            ],
            0x10,
        ),
        thread(&[LOCK, "my::add"], 0x20),
    ];
    let explained = explain(&threads, true, &Source::default());
    assert_eq!(
        explained.lines,
        [
            "the first thread (`main`) in `main`: waiting for another thread to end (`join`)",
            "1 thread in `add`: waiting for lock A",
            "1 thread in `add`: waiting for lock B",
        ]
    );
    assert_eq!(explained.advice.unwrap().0, "deadlock-lock-order");
}

#[test]
fn the_line_is_told_where_the_source_has_one_or_two_such_calls() {
    let line = |text: &str| {
        let source = Source::new([("src/main.rs".to_owned(), text.to_owned())]);
        let explained = explain(&[thread(&[LOCK, "my::add::{{closure}}"], 1)], true, &source);
        explained.lines[0].clone()
    };
    let one = "fn add() {\n a.lock(); }";
    assert_eq!(
        line(one),
        "1 thread in a closure of `add` (src/main.rs:2): waiting for a lock"
    );
    let two = "fn add() {\n a.lock();\n b.lock(); }";
    assert_eq!(
        line(two),
        "1 thread in a closure of `add` (src/main.rs:2 or 3): waiting for a lock"
    );
    for text in [
        "",
        "fn add() { }",
        "fn add() { a.lock();\n b.lock();\n c.lock(); }",
    ] {
        assert_eq!(
            line(text),
            "1 thread in a closure of `add`: waiting for a lock"
        );
    }
}

#[test]
fn a_loop_that_sleeps_does_so_even_while_it_looks_whether_it_may_go_on() {
    let awake = first(ThreadStanding {
        runs: true,
        call: None,
        ..thread(&["my::main"], 0)
    });
    let name = |text: &str| {
        let source = Source::new([("src/main.rs".to_owned(), text.to_owned())]);
        explain(std::slice::from_ref(&awake), false, &source)
            .advice
            .unwrap()
            .0
    };
    assert_eq!(name("fn main() { while x { sleep(d); } }"), "sleeps");
    assert_eq!(
        name("fn main() { while x { } }\nfn other() { sleep(d); }"),
        "endless-loop"
    );
}

#[test]
fn each_kind_of_deadlock_has_its_advice() {
    let tokio = "tokio::runtime::park::CachedParkThread::block_on";
    for (called, name) in [
        (vec![LOCK], "deadlock-lock-twice"),
        (vec![RECEIVE], "deadlock-channel"),
        (
            vec!["std::sync::mpmc::array::Channel<T>::send"],
            "deadlock-send",
        ),
        (vec![CONDVAR, BARRIER], "deadlock-barrier"),
        (vec![CONDVAR], "deadlock-condvar"),
        // A library waits in the same ways.
        (vec![CONDVAR, tokio], "deadlock-tokio"),
        (vec![CONDVAR, "rayon_core::scope::scope"], "deadlock"),
        (vec![CONDVAR, "crossbeam_utils::thread::scope"], "deadlock"),
        (vec![JOIN], "deadlock"),
        (vec![], "deadlock"),
    ] {
        let functions = [called, vec!["my::work"]].concat();
        let explained = explain(&[thread(&functions, 1)], true, &Source::default());
        assert_eq!(explained.advice.unwrap().0, name, "{functions:?}");
    }
}

#[test]
fn who_waits_for_one_lock_decides_what_is_tried() {
    let worker = |called| thread(&[called, "my::main::{{closure}}"], 1);
    let main = |called| first(thread(&[called, "my::main"], 1));
    let advice = |threads: &[ThreadStanding]| {
        let explained = explain(threads, true, &Source::default());
        explained.advice.unwrap().0
    };
    let eight = ThreadStanding {
        threads: 8,
        ..worker(LOCK)
    };
    // All wait for it, so one of them holds it.
    assert_eq!(advice(std::slice::from_ref(&eight)), "deadlock-lock-twice");
    assert_eq!(advice(&[main(JOIN), eight.clone()]), "deadlock-lock");
    // A thread that receives under the lock of the receiver.
    assert_eq!(
        advice(&[main(JOIN), worker(RECEIVE), eight.clone()]),
        "deadlock-channel"
    );
    assert_eq!(advice(&[main(RECEIVE), eight.clone()]), "deadlock-lock");
    // Threads of a pool without work, of which one waits under a lock of the pool.
    let idle = [thread(&[LOCK], 7), thread(&[RECEIVE], 7)];
    let pool = [vec![main(RECEIVE)], idle.to_vec()].concat();
    assert_eq!(advice(&pool), "deadlock-channel");
    // A reader and a writer of one lock wait at two words.
    let read = worker("std::sys::sync::rwlock::futex::RwLock::read_contended");
    let write = thread(
        &[
            "std::sys::sync::rwlock::futex::RwLock::write_contended",
            "my::main",
        ],
        5,
    );
    assert_eq!(advice(&[read, write]), "deadlock-lock-twice");
    let explained = explain(&[main(JOIN), eight], true, &Source::default());
    assert_eq!(
        explained.lines[1],
        "8 threads in a closure of `main`: waiting for a lock"
    );
}

#[test]
fn the_names_of_the_students_functions_decide_nothing() {
    let park = "std::thread::thread::Thread::park";
    for name in [
        "my::lock_contended",
        "my::recv",
        "<my::Barrier as my::Wait>::wait",
    ] {
        let explained = explain(&[thread(&[park, name], 1)], true, &Source::default());
        assert!(explained.lines[0].ends_with("parked: waiting until another thread wakes it"));
    }
}

#[test]
fn each_example_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> =
        examples().iter().map(|one| one.name.clone()).collect();
    assert_eq!(names.len(), EXAMPLES.len());
    assert!(
        names.iter().all(|name| name.starts_with("deadlock-")),
        "{names:?}"
    );
}

#[test]
fn what_runs_or_sleeps_is_told_at_a_limit() {
    let runs = ThreadStanding {
        runs: true,
        call: None,
        ..thread(&[], 0)
    };
    let sleeps = thread(&["std::thread::functions::sleep", "my::work"], 0);
    let name = |threads: &[ThreadStanding]| {
        explain(threads, false, &Source::default())
            .advice
            .map(|(name, _)| name)
    };
    assert_eq!(name(&[runs.clone(), sleeps.clone()]), Some("endless-loop"));
    assert_eq!(name(&[sleeps]), Some("sleeps"));
    assert_eq!(name(&[thread(&[LOCK, "my::work"], 1)]), None);
}

#[test]
fn names_of_a_stranger_are_shortened_and_escaped() {
    let long = format!("my::{}", "x`".repeat(200));
    let threads: Vec<_> = (0..20)
        .map(|n| thread(&[&format!("my::f{n}")], n))
        .collect();
    assert_eq!(
        explain(&threads, true, &Source::default()).lines.len(),
        MOST_LINES + 1
    );
    let line = &explain(&[thread(&[&long], 1)], true, &Source::default()).lines[0];
    assert!(
        line.chars().count() < 400 && line.matches('`').count() == 2,
        "{line}"
    );
}
