//! Words for where the threads of a program stood when it was stopped: who waits for what, and what to try.
//!
//! # Theory of operation
//!
//! What a thread waits for is known from the functions of the standard library that it is in: a lock is waited for in
//! `lock_contended`, the end of a thread in `join`. The address in the call tells whether two threads wait for the same
//! lock. Where the student's own function is known, it is named. All of this a program can forge, so it explains a
//! failure, and decides nothing.

use evidence::ThreadStanding;
use ids::{CheckId, words::within_backticks};

use super::{
    finding::Mistake,
    words::{count, shortened},
};
use crate::source::Source;

/// The most lines that describe threads.
const MOST_LINES: usize = 8;

/// Crates of which a function is not the student's own.
const LIBRARIES: [&str; 14] = [
    "std",
    "core",
    "alloc",
    "rayon",
    "rayon_core",
    "crossbeam",
    "crossbeam_channel",
    "crossbeam_utils",
    "parking_lot",
    "parking_lot_core",
    "lock_api",
    "tokio",
    "threadpool",
    "itertools",
];

/// The deadlocks that have a name: what happens, lines of a program that makes it, and what its threads do then.
const EXAMPLES: [(&str, &str, &[Doing]); 6] = [
    (
        "two threads take two locks in opposite orders, and each waits for the other",
        "// One thread:                      // Another thread:\n\
         let a = first.lock().unwrap();      let b = second.lock().unwrap();\n\
         let b = second.lock().unwrap();     let a = first.lock().unwrap();",
        &[Doing::Lock(1), Doing::Lock(2)],
    ),
    (
        "a thread waits for a lock that it holds itself",
        "let mut total = TOTAL.lock().unwrap();\n\
         add(5);     // and `add` locks TOTAL as well",
        &[Doing::Lock(1)],
    ),
    (
        "threads wait for a lock whose holder waits for something else",
        "let guard = total.lock().unwrap();\n\
         handle.join().unwrap();     // and that thread locks `total`, as others do",
        &[Doing::Join, Doing::Lock(1), Doing::Lock(1)],
    ),
    (
        "a channel is read to its end, and a sender is never dropped",
        "let (sender, receiver) = mpsc::channel();\n\
         for part in parts {\n    \
             let sender = sender.clone();\n    \
             thread::spawn(move || sender.send(sum_of(part)));\n\
         }\n\
         let total: u64 = receiver.iter().sum();     // `sender` is still there",
        &[Doing::Receive],
    ),
    (
        "a channel is full, and nobody receives",
        "let (sender, receiver) = mpsc::sync_channel(10);\n\
         let handle = thread::spawn(move || send_all_to(sender));\n\
         handle.join().unwrap();     // before anything is received",
        &[Doing::Join, Doing::Send],
    ),
    (
        "fewer threads come to a `Barrier` than it waits for",
        "let barrier = Barrier::new(8);     // and only 4 threads come to `wait`",
        &[Doing::Barrier],
    ),
];

/// The deadlocks that have a name.
pub(super) fn examples() -> Vec<Mistake> {
    EXAMPLES
        .into_iter()
        .map(|(message, code, doing)| {
            let locks = locks(doing);
            let (name, hint) = deadlock_advice(doing, &locks);
            Mistake {
                name: name.to_owned(),
                check: CheckId::Run,
                message: message.to_owned(),
                hint: hint.to_owned(),
                code: Some(code),
            }
        })
        .collect()
}

/// What one thread did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doing {
    /// It computes, or would if it had a processor.
    Runs,
    /// It waits for a lock, which is told from others by this number.
    Lock(u64),
    Join,
    /// It waits at the end of `thread::scope`.
    ScopeEnd,
    Receive,
    Send,
    Barrier,
    Condition,
    Sleep,
    Parked,
    Other,
}

impl Doing {
    fn of(thread: &ThreadStanding) -> Self {
        if thread.runs {
            return Self::Runs;
        }
        let is_in = |parts: &[&str]| {
            let mut functions = thread.functions.iter();
            functions.any(|function| parts.iter().all(|part| function.contains(part)))
        };
        match thread.call {
            _ if is_in(&["lock_contended"])
                || is_in(&["RwLock", "_contended"])
                || is_in(&["lock_slow"]) =>
            {
                Self::Lock(thread.call.map_or(0, |(_, arguments)| arguments[0]))
            }
            _ if is_in(&["Barrier", "wait"]) => Self::Barrier,
            _ if is_in(&["Condvar", "wait"]) => Self::Condition,
            _ if is_in(&["recv"]) => Self::Receive,
            _ if is_in(&["mp", "::send"]) || is_in(&["crossbeam_channel", "::send"]) => Self::Send,
            _ if is_in(&["thread", "::join"]) || is_in(&["JoinInner"]) => Self::Join,
            _ if is_in(&["thread::scoped::scope"]) => Self::ScopeEnd,
            _ if is_in(&["thread::sleep"]) || is_in(&["thread::functions::sleep"]) => Self::Sleep,
            _ if is_in(&["::park"]) => Self::Parked,
            _ => Self::Other,
        }
    }

    /// The call by which a program comes to wait so.
    const fn tokens(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Lock(_) => &[".", "lock", "("],
            Self::Join => &[".", "join", "("],
            Self::ScopeEnd => &["scope", "("],
            Self::Receive => &[".", "recv", "("],
            Self::Send => &[".", "send", "("],
            Self::Barrier | Self::Condition => &[".", "wait", "("],
            Self::Sleep => &["sleep", "("],
            Self::Runs | Self::Parked | Self::Other => return None,
        })
    }

    /// What the thread does. `locks` are all locks that are waited for.
    fn words(self, locks: &[u64]) -> String {
        match self {
            Self::Runs => "computing".into(),
            Self::Lock(lock) => match locks.iter().position(|other| *other == lock) {
                Some(at) if locks.len() > 1 => format!("waiting for lock {}", letter(at)),
                _ => "waiting for a lock".into(),
            },
            Self::Join => "waiting for another thread to end (`join`)".into(),
            Self::ScopeEnd => "waiting for the threads of `thread::scope` to end".into(),
            Self::Receive => "waiting for a message of a channel (`recv`)".into(),
            Self::Send => "waiting for room in a channel (`send`)".into(),
            Self::Barrier => "waiting for other threads at a `Barrier`".into(),
            Self::Condition => "waiting at a `Condvar`".into(),
            Self::Sleep => "sleeping (`thread::sleep`)".into(),
            Self::Parked => "parked: waiting until another thread wakes it".into(),
            Self::Other => "waiting".into(),
        }
    }
}

/// A short name for one of several locks.
fn letter(at: usize) -> char {
    u8::try_from(at)
        .ok()
        .and_then(|at| b'A'.checked_add(at))
        .filter(u8::is_ascii_uppercase)
        .map_or('?', char::from)
}

/// What the threads did, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Explained {
    /// How a deadlock is called, as a predicate.
    pub(super) deadlock: &'static str,
    /// A line for each group of threads that do the same.
    pub(super) lines: Vec<String>,
    /// The name of the mistake, and what to try, where that is known.
    pub(super) advice: Option<(&'static str, &'static str)>,
}

/// Explain where the threads of a program stood. `is_deadlock` says whether they waited for each other.
pub(super) fn explain(threads: &[ThreadStanding], is_deadlock: bool, source: &Source) -> Explained {
    let doing = threads.iter().map(|thread| {
        let doing = Doing::of(thread);
        let sleeps = doing == Doing::Runs && sleeps_between(thread, source);
        if sleeps { Doing::Sleep } else { doing }
    });
    let doing: Vec<Doing> = doing.collect();
    let locks = locks(&doing);
    let mut groups: Vec<(bool, Doing, Option<String>, usize)> = Vec::new();
    for (thread, &doing) in threads.iter().zip(&doing) {
        let place = own_function(thread).map(|name| place(&name, doing, source));
        let same = groups.iter_mut().find(|(is_first, other, there, _)| {
            *is_first == thread.is_first && *other == doing && *there == place
        });
        match same {
            Some(group) => group.3 += 1,
            None => groups.push((thread.is_first, doing, place, 1)),
        }
    }
    let more = groups.len().saturating_sub(MOST_LINES);
    let mut lines: Vec<String> = groups
        .iter()
        .take(MOST_LINES)
        .map(|(is_first, doing, place, number)| {
            let who = match (is_first, number) {
                (true, 1) => "the first thread (`main`)".to_owned(),
                _ => count(*number, "thread"),
            };
            let place = place.iter().map(|place| format!(" in {place}"));
            format!(
                "{who}{}: {}",
                place.collect::<String>(),
                doing.words(&locks)
            )
        })
        .collect();
    if more > 0 {
        let groups = if more == 1 { "group" } else { "groups" };
        lines.push(format!("and {more} more {groups} of threads"));
    }
    let advice = if is_deadlock {
        Some(deadlock_advice(&doing, &locks))
    } else {
        limit_advice(&doing)
    };
    Explained {
        deadlock: deadlock(threads.len()),
        lines,
        advice,
    }
}

/// The locks that are waited for, each once.
fn locks(doing: &[Doing]) -> Vec<u64> {
    let mut locks = Vec::new();
    for one in doing {
        if let Doing::Lock(lock) = one
            && !locks.contains(lock)
        {
            locks.push(*lock);
        }
    }
    locks
}

/// How a deadlock of so many threads is called, as a predicate.
fn deadlock(threads: usize) -> &'static str {
    if threads == 1 {
        "was stopped: its only thread waits for what cannot happen any more (a deadlock)"
    } else {
        "was stopped: all its threads wait for each other (a deadlock)"
    }
}

fn deadlock_advice(doing: &[Doing], locks: &[u64]) -> (&'static str, &'static str) {
    let any = |wanted: Doing| doing.contains(&wanted);
    let waiting = doing
        .iter()
        .filter(|one| matches!(one, Doing::Lock(_)))
        .count();
    match (locks.len(), waiting) {
        (2.., _) => (
            "deadlock-lock-order",
            "each of these threads has one lock and waits for another: take the locks in the same order everywhere, or \
             let one go before the next is taken",
        ),
        (1, 1) => (
            "deadlock-lock-twice",
            "the lock that it waits for is never given back. Does the same thread hold it already? Let its guard end \
             first: put it into a block `{ }`, or `drop` it",
        ),
        (1, _) => (
            "deadlock-lock",
            "nobody gives back the lock that these threads wait for: look for a guard that is kept while its thread \
             waits for something else, such as `join`",
        ),
        _ if any(Doing::Receive) => (
            "deadlock-channel",
            "the loop over a channel ends when its last sender is gone, and one is still there: `drop` the first \
             sender before the loop, and give each thread a clone of its own",
        ),
        _ if any(Doing::Send) => (
            "deadlock-send",
            "the channel is full and nobody receives: receive while the threads still send, not after `join`",
        ),
        _ if any(Doing::Barrier) => (
            "deadlock-barrier",
            "`Barrier::new(n)` waits until n threads have come to `wait`: are so many started, and does each of them \
             come there?",
        ),
        _ if any(Doing::Condition) => (
            "deadlock-condvar",
            "nobody is left who could notify the `Condvar`: change the value first and notify then, and look at the \
             value before waiting",
        ),
        _ => (
            "deadlock",
            "each thread waits for another one: the lines above say for what. One of them must go on first",
        ),
    }
}

fn limit_advice(doing: &[Doing]) -> Option<(&'static str, &'static str)> {
    let any = |wanted: Doing| doing.contains(&wanted);
    if any(Doing::Runs) {
        return Some((
            "endless-loop",
            "a loop goes on without end: which condition ends it, and what in the loop makes that condition true?",
        ));
    }
    if any(Doing::Sleep) {
        return Some((
            "sleeps",
            "do not wait by sleeping: to wait for a thread use `join`, to wait for a value use a channel",
        ));
    }
    None
}

/// The innermost function that is the student's own, without the name of the crate, such as `main` or
/// `main::{{closure}}`.
fn own_function(thread: &ThreadStanding) -> Option<String> {
    let own = thread.functions.iter().find_map(|function| {
        let (krate, path) = function.split_once("::")?;
        let is_own = !function.starts_with('<') && !LIBRARIES.contains(&krate);
        is_own.then_some(path)
    })?;
    Some(own.replace("::{{closure}}", ""))
}

/// Whether a thread that runs at the moment is in a function that sleeps: most likely a loop that sleeps again and again.
fn sleeps_between(thread: &ThreadStanding, source: &Source) -> bool {
    let function = own_function(thread).or_else(|| thread.is_first.then(|| "main".to_owned()));
    let lines = function.and_then(|function| {
        let name = function.rsplit("::").next().unwrap_or(&function);
        source.lines_in_function(name, &["sleep", "("])
    });
    lines.is_some_and(|(_, lines)| !lines.is_empty())
}

/// A function of the student, and the line in which it waits, if the source has one or two such calls in it.
fn place(function: &str, doing: Doing, source: &Source) -> String {
    let shown = within_backticks(&shortened(function, 60));
    let name = function.rsplit("::").next().unwrap_or(function);
    let lines = doing
        .tokens()
        .and_then(|tokens| source.lines_in_function(name, tokens));
    match lines {
        Some((file, lines)) => match lines.as_slice() {
            [line] => format!("`{shown}` ({file}:{line})"),
            [one, two] => format!("`{shown}` ({file}:{one} or {two})"),
            _ => format!("`{shown}`"),
        },
        None => format!("`{shown}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUTEX: i64 = 202;

    fn thread(functions: &[&str], address: u64) -> ThreadStanding {
        ThreadStanding {
            is_first: false,
            runs: false,
            call: Some((FUTEX, [address, 0x89, 2, 0, 0, 0])),
            functions: functions.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    const LOCK: &str = "std::sys::sync::mutex::futex::Mutex::lock_contended";
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
            "1 thread in `add` (src/main.rs:2): waiting for a lock"
        );
        let two = "fn add() {\n a.lock();\n b.lock(); }";
        assert_eq!(
            line(two),
            "1 thread in `add` (src/main.rs:2 or 3): waiting for a lock"
        );
        for text in [
            "",
            "fn add() { }",
            "fn add() { a.lock(); b.lock(); c.lock(); }",
        ] {
            assert_eq!(line(text), "1 thread in `add`: waiting for a lock");
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
        let receive = "std::sync::mpmc::list::Channel<T>::recv";
        let barrier = "std::sync::barrier::Barrier::wait";
        let condvar = "std::sys::sync::condvar::futex::Condvar::wait_optional_timeout";
        for (functions, name) in [
            (vec![LOCK], "deadlock-lock-twice"),
            (vec![receive], "deadlock-channel"),
            (
                vec!["std::sync::mpmc::array::Channel<T>::send"],
                "deadlock-send",
            ),
            (vec![condvar, barrier], "deadlock-barrier"),
            (vec![condvar], "deadlock-condvar"),
            (vec![JOIN], "deadlock"),
            (vec![], "deadlock"),
        ] {
            let explained = explain(&[thread(&functions, 1)], true, &Source::default());
            assert_eq!(explained.advice.unwrap().0, name, "{functions:?}");
        }
        let many = [thread(&[LOCK], 1), thread(&[LOCK], 1)];
        let explained = explain(&many, true, &Source::default());
        assert_eq!(explained.advice.unwrap().0, "deadlock-lock");
        assert_eq!(explained.lines, ["2 threads: waiting for a lock"]);
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
        assert_eq!(name(&[thread(&[LOCK], 1)]), None);
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
}
