//! The observer through the real supervisor: what it reports besides the count of rounds, which `exact`
//! tests.

use std::{path::Path, process::Command, time::Duration};

use evidence::{Observation, ObservationLimit, Observed};
use judge::check::{Cause, Diagnosis, diagnose};
use observer::ObserverOptions;

use crate::{tiers, workshop};

const FILES: u32 = 24;

/// Run one program on a few files, as changed by `change`.
fn observe_as(
    mode: &str,
    threads: u32,
    change: impl FnOnce(&mut workshop::ObservedJob),
) -> Observation {
    let place = workshop::Place::new(FILES);
    let arguments = [mode, &threads.to_string()];
    let mut job = workshop::job(workshop::programs(), &arguments, &place);
    change(&mut job);
    workshop::seen(&workshop::run(&job)).clone()
}

fn observe(mode: &str, threads: u32) -> Observation {
    observe_as(mode, threads, |_| {})
}

fn options(job: &mut workshop::ObservedJob) -> &mut ObserverOptions {
    &mut job.options
}

#[test]
fn a_program_sees_as_many_processors_as_the_options_say() {
    for processors in [1, 2, 3, 8, 65] {
        for mode in ["available", "rayon-default"] {
            let seen = observe_as(mode, 1, |job| options(job).processors = processors);
            let rounds = FILES.div_ceil(processors);
            assert_eq!(seen.concurrency.rounds, rounds, "{mode} on {processors}");
        }
    }
}

#[test]
fn fakes_are_counted_and_what_would_hide_is_refused() {
    assert_eq!(observe("touch-only", 1).attempts.set_times, FILES);
    assert_eq!(observe("serial-unlink", 1).attempts.changes, FILES);
    // Once at the open, once afterwards.
    assert_eq!(observe("serial-no-atime", 1).attempts.no_atime, 2 * FILES);
    assert_eq!(observe("serial-hide", 1).attempts.undumpable, 1);
    assert_eq!(observe("serial-async", 1).attempts.async_io, 1);
    let honest = observe("atomic", 4);
    assert_eq!(honest.attempts, evidence::Attempts::default());
}

#[test]
fn opens_without_a_read_and_reads_of_a_part_are_counted() {
    let opened = observe("opens-only", 1);
    assert_eq!((opened.files_read, opened.files_opened_only), (0, FILES));
    let in_part = observe("one-byte-only", 4);
    assert_eq!((in_part.files_read, in_part.blocks_read), (FILES, FILES));
    assert_eq!(in_part.files_touched, FILES);
    for mode in ["atomic", "atomic-mmap", "atomic-bytes"] {
        let whole = observe(mode, 4);
        assert_eq!((whole.files_read, whole.blocks_read), (FILES, 4 * FILES));
        assert_eq!(whole.files_touched, 0, "{mode}");
    }
}

#[test]
fn threads_are_counted_when_they_are_made_and_processes_when_they_read() {
    let seen = observe("spawn-join", 1);
    assert_eq!(seen.threads_created, FILES);
    assert_eq!(seen.concurrency.processes, 1);
    let seen = observe("forks", 3);
    assert_eq!(seen.threads_created, 0);
    assert_eq!(seen.concurrency.processes, 3);
}

#[test]
fn reads_that_the_end_cuts_off_and_threads_at_once_are_counted() {
    let seen = observe("sleeps-instead-of-join", 8);
    assert_eq!((seen.cut_off, seen.files_read), (8, 0));
    assert!(seen.slept_ms >= 150, "{}", seen.slept_ms);
    assert_eq!(observe("spawn-join-lazily", 8).threads_at_once, 2);
    let honest = observe("atomic", 8);
    assert_eq!((honest.cut_off, honest.threads_at_once), (0, 9));
}

#[test]
fn the_timeline_has_every_access_in_its_round() {
    let seen = observe("chunks", 4);
    assert_eq!(seen.timeline.len(), FILES as usize);
    for round in 0..FILES / 4 {
        let in_round = seen.timeline.iter().filter(|a| a.start == 4 * round);
        let mut threads: Vec<u32> = in_round.map(|a| a.thread).collect();
        threads.sort_unstable();
        threads.dedup();
        assert_eq!(threads.len(), 4);
    }
    let mut files: Vec<u32> = seen.timeline.iter().map(|a| a.file).collect();
    files.sort_unstable();
    assert_eq!(files, (0..FILES).collect::<Vec<_>>());
    assert!(seen.timeline.iter().all(|a| a.end == a.start + 4));
}

#[test]
fn a_small_buffer_waits_four_times_for_a_file_and_for_as_long_as_a_large_one() {
    for mode in ["atomic-small-buffer", "atomic-bytes"] {
        let seen = observe(mode, 4);
        assert_eq!(seen.time, FILES, "{mode}");
        for file in 0..FILES {
            let of_file = seen.timeline.iter().filter(|access| access.file == file);
            let waits: Vec<u32> = of_file.map(|access| access.end - access.start).collect();
            assert_eq!(waits, [1; 4], "{mode}");
        }
    }
}

#[test]
fn the_observation_survives_its_own_serialisation() {
    let seen = Observed::Seen(Box::new(observe("atomic", 3)));
    let text = serde_json::to_string(&seen).unwrap();
    assert_eq!(serde_json::from_str::<Observed>(&text).unwrap(), seen);
}

#[test]
fn a_program_that_never_rests_is_capped_and_still_runs_to_its_end() {
    let seen = observe_as("spinning-threads", 2, |job| {
        options(job).restless_limit = Duration::ZERO;
    });
    assert!(
        matches!(seen.capped, Some(ObservationLimit::BusyThreads { .. })),
        "{seen:?}"
    );
    assert!(seen.concurrency.rounds < FILES / 2);
    let diagnosis = diagnose(&seen, FILES, Duration::ZERO);
    // It has read one file at a time so far, and its time limit is zero.
    assert!(
        matches!(diagnosis, Diagnosis::Not(Cause::HeldUp { .. })),
        "{diagnosis:?}"
    );

    let seen = observe_as("atomic-compute", 2, |job| {
        options(job).rest_limit = Duration::from_nanos(1);
    });
    assert!(matches!(
        seen.capped,
        Some(ObservationLimit::NotQuiescent { .. })
    ));
}

#[test]
fn too_many_rounds_are_a_cap() {
    let place = workshop::Place::new(600);
    let mut job = workshop::job(workshop::programs(), &["serial-twice", "1"], &place);
    options(&mut job).rounds_per_file = 1;
    let execution = workshop::run(&job);
    let seen = workshop::seen(&execution);
    assert_eq!(
        seen.capped,
        Some(ObservationLimit::TooManyRounds { limit: 1000 })
    );
    // Decided all the same: 600 files in 1000 rounds and more.
    assert_eq!(
        diagnose(seen, 600, Duration::ZERO),
        Diagnosis::Not(Cause::NoThreads)
    );
}

#[test]
fn one_processor_or_all_give_the_same_numbers() {
    let pinned = observe_pinned("atomic", 8);
    let free = observe("atomic", 8).concurrency;
    assert_eq!(pinned.concurrency, free);
    assert_eq!(observe_pinned("mutex-read", 8).concurrency.rounds, FILES);
    let default = observe_pinned("rayon-default", 1);
    assert_eq!(default.concurrency.rounds, FILES.div_ceil(8));
}

/// With the supervisor and the program on one processor.
fn observe_pinned(mode: &str, threads: u32) -> Observation {
    let before = rustix::thread::sched_getaffinity(None).unwrap();
    let first = (0..1024).find(|&cpu| before.is_set(cpu)).unwrap();
    let mut one = rustix::thread::CpuSet::new();
    one.set(first);
    // This thread only; the zygote is started by it, and inherits.
    rustix::thread::sched_setaffinity(None, &one).unwrap();
    let sandbox = tiers::sandbox_of_this_thread(sandbox::Tier::None);
    let place = workshop::Place::new(FILES);
    let job = workshop::job(workshop::programs(), &[mode, &threads.to_string()], &place);
    let seen = workshop::seen(&workshop::observe(&sandbox, &job)).clone();
    rustix::thread::sched_setaffinity(None, &before).unwrap();
    seen
}

#[test]
fn a_program_without_an_observer_runs_as_well() {
    let place = workshop::Place::new(FILES);
    let job = workshop::job(workshop::programs(), &["atomic", "4"], &place).job;
    let execution = workshop::sandbox(sandbox::Tier::None).run(&job).unwrap();
    assert!(execution.termination.is_success());
    assert_eq!(execution.observation, None);
}

#[test]
fn python_is_observed_like_every_program() {
    let Some(python) = interpreter() else { return };
    let read = "import glob\ndef read(p):\n    with open(p) as f: return f.read()\nfiles = sorted(glob.glob('*.numbers'))\n";
    let serial = "[read(p) for p in files]";
    let pool = "from concurrent.futures import ThreadPoolExecutor as T\nwith T(8) as t: list(t.map(read, files))";
    let processes = "from multiprocessing import Pool\nwith Pool(8) as t: t.map(read, files, 1)";
    for (program, expected) in [
        (serial, FILES),
        (pool, FILES.div_ceil(8)),
        (processes, FILES.div_ceil(8)),
    ] {
        let place = workshop::Place::new(FILES);
        let job = workshop::job(&python, &["-c", &format!("{read}{program}")], &place);
        let execution = workshop::run(&job);
        assert_eq!(
            workshop::seen(&execution).concurrency.rounds,
            expected,
            "{program}"
        );
    }
}

/// A person's machine may lack what some test needs; one that decides about a change may not.
#[expect(clippy::print_stderr, reason = "says what was not tested")]
fn may_be_left_out(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "not tested: {why}");
    eprintln!("not tested: {why}");
}

/// CPython, if there is one. Not a shim that starts it.
fn interpreter() -> Option<std::path::PathBuf> {
    let output = Command::new("python3")
        .args([
            "-c",
            "import sys, concurrent.futures; print(sys.executable)",
        ])
        .output()
        .ok();
    let path = output
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|path| path.trim().to_owned())
        .filter(|path| !path.is_empty());
    if path.is_none() {
        may_be_left_out("python3 is not installed");
    }
    path.map(Into::into)
}

#[test]
fn a_static_program_is_observed_like_every_program() {
    let Some(program) = statically_linked() else {
        return;
    };
    let place = workshop::Place::new(FILES);
    for (mode, expected) in [("serial", FILES), ("atomic", FILES.div_ceil(8))] {
        let execution = workshop::run(&workshop::job(&program, &[mode, "8"], &place));
        assert_eq!(workshop::seen(&execution).concurrency.rounds, expected);
    }
}

/// The programs without a dynamic loader, if they can be linked so here.
fn statically_linked() -> Option<std::path::PathBuf> {
    let own = Path::new(env!("CARGO_BIN_EXE_observer-test-supervisor"));
    let target = own.parent()?.parent()?.join("static");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "observer-programs"])
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    if !status.success() {
        may_be_left_out("programs cannot be linked statically here");
        return None;
    }
    Some(target.join("debug/observer-programs"))
}
