//! Words for where the threads of a program stood when it was stopped: who waits for what, and what to try.
//!
//! # Theory of operation
//!
//! What a thread waits for is known from the functions of the standard library that it is in: a lock is waited for in
//! `lock_contended`, the end of a thread in `join`. The address in the call tells whether two threads wait for the same
//! lock. Where the student's own function is known, it is named. All of this a program can forge, so it explains a
//! failure, and decides nothing.

mod advice;
mod doing;

#[cfg(test)]
mod tests;

pub(super) use advice::examples;

use evidence::ThreadStanding;
use ids::words::within_backticks;

use self::{
    advice::{deadlock_advice, limit_advice, locks},
    doing::{Doing, own_function},
};
use super::words::{count, shortened};
use crate::source::Source;

/// The most lines that describe threads.
const MOST_LINES: usize = 8;

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
            Some(group) => group.3 += thread.threads as usize,
            None => groups.push((thread.is_first, doing, place, thread.threads as usize)),
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
        lines.push(format!("and threads in {}", count_places(more)));
    }
    let doing: Vec<(bool, Doing, u32)> = threads
        .iter()
        .zip(doing)
        .map(|(thread, doing)| (thread.is_first, doing, thread.threads))
        .collect();
    let advice = if is_deadlock {
        Some(deadlock_advice(&doing, &locks))
    } else {
        limit_advice(&doing)
    };
    let all = threads.iter().map(|thread| thread.threads).sum();
    Explained {
        deadlock: deadlock(all),
        lines,
        advice,
    }
}

fn count_places(places: usize) -> String {
    match places {
        1 => "one more place".to_owned(),
        more => format!("{more} more places"),
    }
}

/// How a deadlock of so many threads is called, as a predicate.
fn deadlock(threads: u32) -> &'static str {
    if threads == 1 {
        "was stopped: its only thread waits for what cannot happen any more (a deadlock)"
    } else {
        "was stopped: all its threads wait for each other (a deadlock)"
    }
}

/// Whether a thread that runs at the moment is in a function that sleeps: most likely a loop that sleeps again and again.
fn sleeps_between(thread: &ThreadStanding, source: &Source) -> bool {
    let function = own_function(thread).or_else(|| thread.is_first.then(|| "main".to_owned()));
    let lines = function.and_then(|function| {
        let function = function.replace("::{{closure}}", "");
        let name = function.rsplit("::").next().unwrap_or(&function);
        source.lines_in_function(name, &["sleep", "("])
    });
    lines.is_some_and(|(_, lines)| !lines.is_empty())
}

/// A function of the student, and the line in which it waits, if the source has one or two such calls in it.
fn place(function: &str, doing: Doing, source: &Source) -> String {
    let plain = function.replace("::{{closure}}", "");
    let of = if plain == function {
        ""
    } else {
        "a closure of "
    };
    let shown = format!("{of}`{}`", within_backticks(&shortened(&plain, 60)));
    let name = plain.rsplit("::").next().unwrap_or(&plain);
    let lines = doing
        .tokens()
        .and_then(|tokens| source.lines_in_function(name, tokens));
    match lines {
        Some((file, mut lines)) => {
            lines.dedup();
            match lines.as_slice() {
                [line] => format!("{shown} ({file}:{line})"),
                [one, two] => format!("{shown} ({file}:{one} or {two})"),
                _ => shown,
            }
        }
        None => shown,
    }
}
