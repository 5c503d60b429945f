//! Files with latencies of their own, and waits with a limit on time: the virtual time of each program must be exact, and
//! so must the time at which it prints each line.
//!
//! `GRADE_REPEATS` (default 1) and `GRADE_BUSY` (default 0) as for `exact`.

use std::{env, fmt::Write, fs, thread, time::Duration};

use evidence::{Execution, Observation, Termination, TimeUnit};
use observer::{SlowData, SlowFile};

use test_support::busy::{Busy, setting};

use crate::workshop::{self, ObservedJob, Place};

/// A program, the latencies of its files, and what it does.
struct Case {
    mode: &'static str,
    number: &'static str,
    latencies: &'static [u32],
    /// Each line that it prints, behind the virtual time at which it was printed, and the virtual time of the end. What
    /// it prints after the clock has moved for the last time is printed at the end.
    seen: &'static str,
}

const fn case(
    mode: &'static str,
    number: &'static str,
    latencies: &'static [u32],
    seen: &'static str,
) -> Case {
    Case {
        mode,
        number,
        latencies,
        seen,
    }
}

const TEN: &[u32] = &[1800, 600, 1000, 200, 1400, 400, 2000, 1200, 800, 1600];

const CASES: &[Case] = &[
    case(
        "slow-as-completed",
        "0",
        TEN,
        "200:3 400:5 600:1 800:8 1000:2 1200:7 1400:4 1600:9 1800:0 end:6 end:0 2000",
    ),
    case(
        "slow-in-order",
        "0",
        &[1200, 400, 800, 1600],
        "1200:0 1200:1 1200:2 end:3 end:0 1600",
    ),
    case("serial-string", "0", TEN, "end:22112 11000"),
    // It sleeps for a millisecond again and again, and sees each file before the next one comes.
    case("slow-polls", "1", &[40, 12, 8], "8:2 12:1 end:0 end:0 40"),
    // It looks without a pause.
    case(
        "slow-polls",
        "0",
        &[400, 120, 80],
        "80:2 120:1 end:0 end:0 400",
    ),
    // It looks every 7 ms.
    case("slow-polls", "7", &[20, 12, 8], "14:2 14:1 end:0 end:0 21"),
    case(
        "slow-recv-timeout",
        "100",
        &[3000],
        "0:started 100:timed out end:0 end:0 3000",
    ),
    case(
        "slow-recv-timeout",
        "5000",
        &[3000],
        "0:started end:0 end:0 3000",
    ),
    case(
        "slow-condvar-timeout",
        "100",
        &[3000],
        "100:timed out end:0 end:0 3000",
    ),
    case(
        "slow-condvar-timeout",
        "5000",
        &[3000],
        "end:0 end:0 end:0 3000",
    ),
    case(
        "slow-park-timeout",
        "100",
        &[3000],
        "100:timed out end:0 end:0 3000",
    ),
    case(
        "slow-park-timeout",
        "5000",
        &[3000],
        "end:0 end:0 end:0 3000",
    ),
    case(
        "slow-epoll-timeout",
        "100",
        &[3000],
        "100:timed out end:0 end:0 3000",
    ),
    case(
        "slow-epoll-timeout",
        "5000",
        &[3000],
        "end:0 end:0 end:0 3000",
    ),
    case("slow-tokio-timeout", "5000", &[3000], "end:0 end:0 3000"),
    case(
        "slow-sleeps-first",
        "100",
        &[400, 80, 300],
        "80:1 true 100:slept 300:2 true end:true end:0 500",
    ),
    case(
        "slow-spins",
        "0",
        &[400, 100, 300],
        "100:1 300:2 end:0 end:0 400",
    ),
];

fn place_and_job(case: &Case) -> (Place, ObservedJob) {
    let place = Place::new(u32::try_from(case.latencies.len()).unwrap());
    let mut job = workshop::job(workshop::programs(), &[case.mode, case.number], &place);
    let files = (0..).zip(case.latencies);
    job.options.slow = Some(SlowData {
        files: files
            .map(|(i, &latency_ms)| SlowFile {
                name: format!("tmp-{i:05}.numbers"),
                latency_ms,
                served: None,
            })
            .collect(),
    });
    (place, job)
}

/// Each line of the output with the virtual time before which it was printed, and the virtual time of the end.
fn timed_lines(execution: &Execution, seen: &Observation) -> String {
    let mut text = String::new();
    let mut end = 0;
    for line in execution.stdout.head.split_inclusive('\n') {
        end += line.len() as u64;
        let time = seen.printed.iter().find(|printed| printed.bytes >= end);
        let time = time.map_or("end".to_owned(), |printed| printed.time.to_string());
        write!(text, "{time}:{} ", line.trim_end()).unwrap();
    }
    write!(text, "{}", seen.time).unwrap();
    text
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "a long series reports nothing else until its end"
)]
fn every_line_is_printed_at_its_virtual_time() {
    let repeats = setting("GRADE_REPEATS", 1);
    let only = env::var("GRADE_ONLY").unwrap_or_default();
    let _busy = Busy::start(setting("GRADE_BUSY", 0));
    let mut wrong = Vec::new();
    for _ in 0..repeats {
        for case in CASES.iter().filter(|case| case.mode.contains(&only)) {
            let (_place, job) = place_and_job(case);
            let execution = workshop::run(&job);
            let observation = workshop::seen(&execution);
            let seen = timed_lines(&execution, observation);
            let spins = u32::from(
                case.mode == "slow-spins" || case.number == "0" && case.mode == "slow-polls",
            );
            let is_exact = seen == case.seen
                && observation.unit == TimeUnit::Millisecond
                && observation.spinning == spins
                && observation.capped.is_none();
            if !is_exact {
                let (mode, number, expected) = (case.mode, case.number, case.seen);
                let (spinning, capped) = (observation.spinning, observation.capped);
                let wrong_run = format!(
                    "{mode} {number}: {seen}, expected {expected}; {spinning} spin; {capped:?}"
                );
                println!("WRONG {wrong_run}");
                wrong.push(wrong_run);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_mean_number_of_reads_in_flight_counts_latencies() {
    for (mode, number, effective) in [("slow-as-completed", "0", 5.5), ("serial", "0", 1.0)] {
        let (_place, job) = place_and_job(&case(mode, number, TEN, ""));
        let execution = workshop::run(&job);
        let seen = workshop::seen(&execution).concurrency;
        assert!((seen.effective - effective).abs() < 1e-9, "{seen:?}");
        assert_eq!(seen.held_max, if mode == "serial" { 1 } else { 10 });
    }
}

/// The runtime rounds its limits up, to the next millisecond or the one after. After each event it computes anew what is
/// left, from a clock of real time.
#[test]
fn a_limit_of_tokio_comes_before_a_slower_read() {
    let (_place, job) = place_and_job(&case("slow-tokio-timeout", "100", &[3000], ""));
    let execution = workshop::run(&job);
    let seen = workshop::seen(&execution);
    assert!(execution.stdout.head.starts_with("timed out\n0\n"));
    let first = seen.printed[0].time;
    assert!((1..3000).contains(&first), "{first}");
    assert_eq!(seen.time, 3000);
}

/// It sleeps for a millisecond again and again until 100 ms of real time have passed. Virtual time follows, on a busy
/// machine with gaps, but not to the time at which a read is due.
#[test]
fn a_program_that_measures_real_time_gives_up_before_a_read_is_due() {
    let _busy = Busy::start(setting("GRADE_BUSY", 0));
    for _ in 0..setting("GRADE_REPEATS", 1) {
        let (_place, job) = place_and_job(&case("slow-polls-until", "100", &[30_000], ""));
        let execution = workshop::run(&job);
        let seen = workshop::seen(&execution);
        assert_eq!(execution.stdout.head, "timed out\n0\n0\n");
        let timed_out = seen.printed[0].time;
        assert!((1..30_000).contains(&timed_out), "{timed_out}");
        assert_eq!((seen.files_read, seen.time), (1, 30_000));
    }
}

#[test]
fn a_deadlock_after_a_wait_is_one() {
    let (_place, job) = place_and_job(&case("slow-deadlock", "30", &[100, 200], ""));
    let execution = workshop::run(&job);
    assert_eq!(execution.termination, Termination::Deadlock);
}

/// A program that somebody still writes cannot be started at once. The sandbox waits for its end, and no call of this wait
/// may be held.
#[test]
fn a_program_that_is_still_written_starts_later() {
    let (place, mut job) = place_and_job(&case("slow-deadlock", "30", &[100, 200], ""));
    let program = place.elsewhere().join("still-written");
    fs::copy(&job.job.program, &program).unwrap();
    let writer = fs::OpenOptions::new().append(true).open(&program).unwrap();
    job.job.program = program;
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(30));
            drop(writer);
        });
        assert_eq!(workshop::run(&job).termination, Termination::Deadlock);
    });
}

#[test]
fn files_of_subfolders_are_data() {
    let place = Place::new(0);
    fs::create_dir_all(place.data().join("logs/old")).unwrap();
    let mut job = workshop::job(workshop::programs(), &["slow-subfolders"], &place);
    let mut slow = SlowData::default();
    for (name, latency_ms) in [("a.txt", 100), ("logs/b.txt", 40), ("logs/old/a.txt", 60)] {
        fs::write(place.data().join(name), "12\n").unwrap();
        slow.files.push(SlowFile {
            name: name.to_owned(),
            latency_ms,
            served: None,
        });
    }
    // A file that is not named is no data.
    fs::write(place.data().join("logs/more.txt"), "7\n").unwrap();
    job.options.slow = Some(slow);
    let execution = workshop::run(&job);
    let seen = workshop::seen(&execution);
    assert_eq!(
        timed_lines(&execution, seen),
        "100:a.txt 140:logs/b.txt 140:logs/more.txt end:logs/old/a.txt end:0 200"
    );
    let order: Vec<_> = seen.timeline.iter().map(|access| access.file).collect();
    assert_eq!(order, [0, 1, 2]);

    // Without latencies, all files in all folders are data.
    job.options.slow = None;
    let seen = workshop::seen(&workshop::run(&job)).clone();
    assert_eq!((seen.files_read, seen.time), (4, 16));
    assert!(seen.printed.is_empty());
}
