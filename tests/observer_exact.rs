//! Every program of the table, as often as asked, with busy processes beside it: each count must be exact.
//!
//! `GRADE_REPEATS` (default 1), `GRADE_BUSY` (default 0), `GRADE_FILES` (default 96), `GRADE_ONLY` (a
//! part of a program's name), `GRADE_TABLE` (print the table).

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

#[path = "observer/table.rs"]
mod table;
#[path = "observer/workshop.rs"]
mod workshop;

use std::{env, process::Child};

use grade::check::diagnose;

fn setting(name: &str, default: u32) -> u32 {
    env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Processes that use all they can get, ended when dropped.
struct Busy(Vec<Child>);

impl Busy {
    fn start(count: u32) -> Self {
        let start = |_| {
            #[expect(clippy::disallowed_methods, reason = "load for a test")]
            std::process::Command::new("/bin/sh")
                .args(["-c", "while :; do :; done"])
                .spawn()
                .unwrap()
        };
        Self((0..count).map(start).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is what one wants to see")]
fn every_count_is_exact() {
    let files = setting("GRADE_FILES", 96);
    let repeats = setting("GRADE_REPEATS", 1);
    let only = env::var("GRADE_ONLY").unwrap_or_default();
    let print = env::var_os("GRADE_TABLE").is_some();
    let program = workshop::programs();
    let _busy = Busy::start(setting("GRADE_BUSY", 0));
    let (mut runs, mut wrong) = (0, Vec::new());
    for entry in table::PROGRAMS.iter().filter(|p| p.mode.contains(&only)) {
        let expected = entry.rounds.of(files);
        let mut walls = Vec::new();
        let mut last = None;
        for _ in 0..repeats {
            let place = workshop::Place::new(files);
            let job = workshop::job(program, &[entry.mode, &entry.threads.to_string()], &place);
            let execution = workshop::run(&job);
            walls.push(execution.usage.wall);
            let seen = workshop::seen(&execution).clone();
            let verdict = format!("{:?}", diagnose(&seen, files));
            let exact = seen.concurrency.rounds == expected && seen.capped.is_none();
            let judged = entry.verdict == "?" || verdict.starts_with(entry.verdict);
            runs += 1;
            if !exact || !judged {
                wrong.push(format!(
                    "{} {}: {} rounds, expected {expected}; {verdict}, expected {}; {:?}",
                    entry.mode, entry.threads, seen.concurrency.rounds, entry.verdict, seen.capped
                ));
                // At once: a long series tells nothing else until its end.
                println!("WRONG {}", wrong.last().unwrap());
            }
            last = Some((seen, verdict));
        }
        walls.sort_unstable();
        if let Some((seen, verdict)) = last.filter(|_| print) {
            let c = seen.concurrency;
            println!(
                "{:26} {:4} | {expected:5} {:5} | {:7.2} {:4} {:4} {:7.2} {:3} | {:7.1} ms | {verdict}",
                entry.mode,
                entry.threads,
                c.rounds,
                c.effective,
                c.held_max,
                c.threads,
                c.participation,
                c.processes,
                walls[walls.len() / 2].as_secs_f64() * 1e3,
            );
        }
    }
    println!("{} of {runs} exact", runs - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
