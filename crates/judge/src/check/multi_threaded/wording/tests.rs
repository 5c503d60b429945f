//! Words that the source text chooses.

use super::*;

fn source(text: &str) -> Source {
    Source::new([("src/main.rs".to_owned(), text.to_owned())])
}

/// The name of the mistake, and the line that is named.
#[track_caller]
fn check(cause: Cause, text: &str, name: &str, line: Option<&str>) {
    let source = source(text);
    let told = explain(cause, &source);
    assert_eq!(told.name, name, "{text}");
    assert_eq!(told.spot.map(|spot| spot.line()).as_deref(), line, "{text}");
}

const SERIALISED: Cause = Cause::Serialised { threads: 8 };
const LOOP: Cause = Cause::SpawnJoinLoop { threads: 8 };
const IDLE: Cause = Cause::IdleThreads { others: 4 };
const READER: Cause = Cause::OneReader { others: 4 };

#[test]
fn a_pool_of_one_thread_is_named_where_it_is_made() {
    for text in [
        "\nbuild().num_threads(1);",
        "\nset_var(\"RAYON_NUM_THREADS\", \"1\");",
        "\nthreadpool::ThreadPool::new(1);",
    ] {
        check(Cause::OneWorker, text, "pool-of-one", Some("src/main.rs:2"));
    }
    check(
        Cause::OneWorker,
        "\n// num_threads(1)\nspawn(f)",
        "one-worker",
        Some("src/main.rs:3"),
    );
}

#[test]
fn threads_that_take_turns_have_a_lock_or_an_iterator_or_neither() {
    check(
        SERIALISED,
        "let g = m.lock();\nread(x);",
        "serialised",
        Some("src/main.rs:1"),
    );
    check(
        SERIALISED,
        "a.map(read)\n.par_bridge()",
        "lazy-iterator",
        Some("src/main.rs:2"),
    );
    // The lock is the more likely cause.
    check(
        SERIALISED,
        "let g = m.lock();\na.par_bridge()",
        "serialised",
        Some("src/main.rs:1"),
    );
    check(SERIALISED, "", "serialised", None);
}

#[test]
fn a_task_that_is_waited_for_at_once_is_told_whatever_threads_did_it() {
    for cause in [
        SERIALISED,
        LOOP,
        IDLE,
        READER,
        Cause::NoThreads,
        Cause::OneWorker,
    ] {
        check(
            cause,
            "tokio::spawn(f(x))\n.await;",
            "awaited-one-by-one",
            Some("src/main.rs:2"),
        );
        check(
            cause,
            "fs::read_to_string(p).await;",
            "awaited-one-by-one",
            Some("src/main.rs:1"),
        );
    }
    // A read that is waited for is no task.
    let read = explain(SERIALISED, &source("read(p).await")).message;
    assert!(
        !read.contains("task") && read.contains("`.await`"),
        "{read}"
    );
    // Here, something else makes them wait.
    for text in [
        "set: JoinSet; read(p).await",
        "let t = spawn(async { read(p).await }); t.await",
    ] {
        assert_ne!(
            explain(SERIALISED, &source(text)).name,
            "awaited-one-by-one",
            "{text}"
        );
    }
}

#[test]
fn threads_that_sleep_are_not_said_to_work() {
    for cause in [IDLE, READER] {
        check(
            cause,
            "loop { sleep(d) }",
            "sleeping-threads",
            Some("src/main.rs:1"),
        );
        check(cause, "mpsc::channel(); sleep(d)", cause.name(), None);
    }
    check(READER, "", "one-reader", None);
}

#[test]
fn threads_that_a_lock_keeps_out_take_turns_even_if_one_thread_takes_all() {
    for cause in [IDLE, READER] {
        check(
            cause,
            "{ while let Some(n) = q.lock().unwrap().pop() {\nread_to_string(n); } }",
            "serialised",
            Some("src/main.rs:1"),
        );
        for text in [
            "{ let n = q.lock().unwrap().pop();\nread_to_string(n); }",
            "{ while let Ok(text) = texts.lock().unwrap().recv() {\ntext.lines(); } }",
        ] {
            check(cause, text, cause.name(), None);
        }
    }
}

#[test]
fn threads_one_after_the_other_are_joined_or_started_far_apart() {
    check(
        LOOP,
        "h.push(spawn(f));\nsleep(d);\nh.join()",
        "started-far-apart",
        Some("src/main.rs:2"),
    );
    check(
        LOOP,
        "spawn(f).join(); sleep(d)",
        "spawn-join-loop",
        Some("src/main.rs:1"),
    );
    check(
        LOOP,
        "let h = spawn(f);\nh.join()",
        "spawn-join-loop",
        Some("src/main.rs:2"),
    );
}

#[test]
fn without_source_text_every_cause_has_its_words() {
    for cause in [
        SERIALISED,
        LOOP,
        IDLE,
        READER,
        Cause::NoThreads,
        Cause::OneWorker,
    ] {
        let source = Source::default();
        let told = explain(cause, &source);
        assert_eq!((told.name, told.spot), (cause.name(), None));
        assert!(!told.hint.is_empty() && !told.message.is_empty());
    }
}
