//! Every program of the table, as often as asked, with busy processes beside it: the virtual time that each
//! takes must be exact, and so must what it reads.
//!
//! `GRADE_REPEATS` (default 1), `GRADE_BUSY` (default 0), `GRADE_FILES` (default 96), `GRADE_ONLY` (a
//! part of a program's name), `GRADE_AT_ONCE` (default 2: programs run beside each other, which disturbs
//! them more and takes less time), `GRADE_TABLE` (print the table).

use std::{
    env,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use evidence::Observation;
use judge::check::{Diagnosis, diagnose};
use test_support::busy::{Busy, setting};

use crate::{table, workshop};

/// What all runs of one program showed.
#[derive(Default)]
struct Runs {
    walls: Vec<Duration>,
    wrong: Vec<String>,
    last: Option<(Observation, String)>,
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is what one wants to see")]
fn every_count_is_exact() {
    let files = setting("GRADE_FILES", 96);
    let repeats = setting("GRADE_REPEATS", 1) as usize;
    let only = env::var("GRADE_ONLY").unwrap_or_default();
    let program = workshop::programs();
    let _busy = Busy::start(setting("GRADE_BUSY", 0));
    let entries: Vec<_> = table::PROGRAMS
        .iter()
        .filter(|p| p.mode.contains(&only))
        .collect();
    let runs = repeats * entries.len();
    let seen: Vec<Mutex<Runs>> = entries.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..setting("GRADE_AT_ONCE", 2) {
            scope.spawn(|| {
                // Programs by turns, so that unlike ones run beside each other.
                loop {
                    let run = next.fetch_add(1, SeqCst);
                    if run >= runs {
                        break;
                    }
                    let index = run % entries.len();
                    run_once(program, entries[index], files, &seen[index]);
                }
            });
        }
    });
    let seen: Vec<Runs> = seen.into_iter().map(|s| s.into_inner().unwrap()).collect();
    if env::var_os("GRADE_TABLE").is_some() {
        for (entry, runs) in entries.iter().zip(&seen) {
            print_row(entry, runs, files);
        }
    }
    let wrong: Vec<&str> = seen
        .iter()
        .flat_map(|runs| &runs.wrong)
        .map(String::as_str)
        .collect();
    assert_eq!(seen.iter().map(|s| s.walls.len()).sum::<usize>(), runs);
    println!("{} of {runs} exact", runs - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[expect(
    clippy::print_stdout,
    reason = "a long series reports nothing else until its end"
)]
fn run_once(program: &Path, entry: &table::Program, files: u32, runs: &Mutex<Runs>) {
    let (time, blocks) = (entry.time(files), entry.blocks(files));
    let data_folders = workshop::Place::new(files);
    let job = workshop::job(
        program,
        &[entry.mode, &entry.threads.to_string()],
        &data_folders,
    );
    let execution = workshop::run(&job);
    let seen = workshop::seen(&execution).clone();
    let verdict = match diagnose(&seen, files, execution.usage.user) {
        Diagnosis::Not(cause) => format!("{cause:?}"),
        other => format!("{other:?}"),
    };
    let exact = (seen.time, seen.blocks_read) == (time, blocks) && seen.capped.is_none();
    let as_expected = entry.verdict == "?" || verdict.starts_with(entry.verdict);
    let mut runs = runs.lock().unwrap();
    if !exact || !as_expected {
        let wrong = format!(
            "{} {}: {} quarters, expected {time}; {} blocks, expected {blocks}; {verdict}, expected {}; {:?}",
            entry.mode, entry.threads, seen.time, seen.blocks_read, entry.verdict, seen.capped
        );
        println!("WRONG {wrong}");
        runs.wrong.push(wrong);
    }
    runs.walls.push(execution.usage.wall);
    runs.last = Some((seen, verdict));
}

#[expect(clippy::print_stdout, reason = "the table is what one wants to see")]
fn print_row(entry: &table::Program, runs: &Runs, files: u32) {
    let Some((seen, verdict)) = &runs.last else {
        return;
    };
    let mut walls = runs.walls.clone();
    walls.sort_unstable();
    let c = &seen.concurrency;
    println!(
        "{:26} {:4} | {:5} {:5} | {:7.2} {:4} {:4} {:7.2} {:3} | {:7.1} ms | {verdict}",
        entry.mode,
        entry.threads,
        entry.time(files),
        seen.time,
        c.effective,
        c.held_max,
        c.threads,
        c.participation,
        c.processes,
        walls[walls.len() / 2].as_secs_f64() * 1e3,
    );
}
