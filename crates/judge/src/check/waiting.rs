//! Whether a program waits for the threads or tasks that it starts, by its text.
//!
//! A program that ends before its threads leaves files out, as many others do: only the text shows that nothing waits.
//! Where it has anything that may wait, nothing is said. Never decides whether a check passes.

use crate::source::{Source, Spot};

/// Words of a program that waits for others in some way.
const WAITS: [&str; 18] = [
    "join",
    "join_all",
    "await",
    "scope",
    "JoinSet",
    "block_on",
    "channel",
    "sync_channel",
    "bounded",
    "unbounded",
    "recv",
    "park",
    "sleep",
    "wait",
    "Barrier",
    "Condvar",
    "is_finished",
    "yield_now",
];

/// A thread or a task that nothing waits for.
pub(super) struct Unawaited<'a> {
    /// Where it is started.
    pub(super) spot: Spot<'a>,
    is_task: bool,
}

impl Unawaited<'_> {
    /// What to try.
    pub(super) fn hint(&self) -> String {
        let (what, call) = if self.is_task {
            ("task", "wait for each with `.await`")
        } else {
            ("thread", "call `join` on each")
        };
        format!(
            "{} starts a {what}, and nothing waits until it has ended: keep what `spawn` returns in a `Vec`, and {call} \
             before the total is printed",
            self.spot.line()
        )
    }
}

/// Where the program starts threads or tasks, if it waits for none.
pub(super) fn unawaited(source: &Source) -> Option<Unawaited<'_>> {
    if WAITS.iter().any(|word| source.find(&[word]).is_some()) {
        return None;
    }
    let started = ["spawn", "spawn_blocking"];
    let spot = started.iter().find_map(|call| source.find(&[call, "("]))?;
    Some(Unawaited {
        spot,
        is_task: source.find(&["tokio"]).is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_waits_for_is_found_and_the_words_fit_it() {
        let hint = |text: &str| {
            let source = Source::new([("src/main.rs".to_owned(), text.to_owned())]);
            unawaited(&source).map(|found| found.hint())
        };
        let thread = hint("fn main() {\n    thread::spawn(|| add());\n}").unwrap();
        assert!(
            thread.starts_with("src/main.rs:2 starts a thread"),
            "{thread}"
        );
        assert!(thread.contains("`join`"), "{thread}");
        let task = hint("#[tokio::main]\nasync fn main() { tokio::spawn(async {}); }").unwrap();
        assert!(
            task.contains("a task") && task.contains("`.await`"),
            "{task}"
        );
        for waits in [
            "let h = thread::spawn(f); h.join().unwrap();",
            "thread::scope(|s| { s.spawn(f); });",
            "let (tx, rx) = mpsc::channel(); thread::spawn(f); for x in rx {}",
            "tokio::spawn(f()).await",
            "fn main() {}",
        ] {
            assert_eq!(hint(waits), None, "{waits}");
        }
    }
}
