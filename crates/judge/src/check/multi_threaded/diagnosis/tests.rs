//! Observations of every kind of program, and their diagnoses.

use super::*;
use evidence::{Access, Attempts, Concurrency, ProcessSeen, ThreadSeen};

/// 1000 files, read by threads of one process as listed, in so many rounds.
fn observation(files_by_thread: &[u32], held_max: u32, rounds: u32) -> Observation {
    let files = files_by_thread.iter().sum::<u32>().min(1000);
    let squares: f64 = files_by_thread.iter().map(|&n| f64::from(n).powi(2)).sum();
    let sum = f64::from(files_by_thread.iter().sum::<u32>());
    let readers = u32::try_from(files_by_thread.iter().filter(|&&n| n > 0).count()).unwrap();
    Observation {
        concurrency: Concurrency {
            effective: f64::from(files) / f64::from(rounds),
            held_max,
            threads: readers,
            participation: sum * sum / squares,
            processes: 1,
            rounds,
        },
        time: BLOCKS * rounds,
        files_read: files,
        blocks_read: BLOCKS * files,
        blocks_brought: BLOCKS * files_by_thread.iter().sum::<u32>(),
        threads_created: u32::try_from(files_by_thread.len()).unwrap() - 1,
        threads_at_once: u32::try_from(files_by_thread.len()).unwrap() + 1,
        processes: vec![ProcessSeen {
            blocks: BLOCKS * files,
            threads: readers,
        }],
        threads: files_by_thread
            .iter()
            .enumerate()
            .map(|(at, &files)| ThreadSeen {
                files,
                is_first: at == 0,
                bytes: 57 * u64::from(files),
                ..ThreadSeen::default()
            })
            .collect(),
        ..Observation::default()
    }
}

fn diagnosed(observation: &Observation) -> Diagnosis {
    diagnose(observation, 1000, Duration::ZERO)
}

fn check(observation: &Observation, expected: impl Into<Diagnosis>) {
    assert_eq!(diagnosed(observation), expected.into());
}

#[test]
fn two_threads_that_overlap_are_parallel() {
    let parallel = Diagnosis::Parallel {
        effective: 2.0,
        threads: 2,
    };
    check(&observation(&[500, 500], 2, 500), parallel);
}

#[test]
fn two_threads_with_a_rest_are_parallel_and_with_a_large_one_uneven() {
    assert!(matches!(
        diagnosed(&observation(&[526, 474], 2, 526)),
        Diagnosis::Parallel { threads: 2, .. }
    ));
    let uneven = Cause::Uneven {
        busiest: 700,
        files: 1000,
        threads: 2,
    };
    check(&observation(&[700, 300], 2, 700), uneven);
    let hardly = |diagnosis| matches!(diagnosis, Diagnosis::Not(Cause::HardlyParallel { .. }));
    assert!(hardly(diagnosed(&observation(&[510, 490], 2, 800))));
    assert!(!hardly(diagnosed(&observation(&[530, 470], 2, 530))));
}

#[test]
fn one_reader_is_classified_by_what_the_other_threads_do() {
    check(&observation(&[1000], 1, 1000), Cause::NoThreads);
    let mut with_others = observation(&[1000, 0, 0], 1, 1000);
    check(&with_others, Cause::IdleThreads { others: 2 });
    // Threads that start late or are asked to end run once.
    (with_others.threads[1].ran, with_others.threads[2].ran) = (1, 1);
    check(&with_others, Cause::IdleThreads { others: 2 });
    (with_others.threads[1].ran, with_others.threads[2].ran) = (400, 500);
    check(&with_others, Cause::OneReader { others: 2 });
}

#[test]
fn a_pool_of_one_thread_is_told_from_a_thread_that_has_nothing_to_do() {
    let mut pool = observation(&[1000, 0], 1, 1000);
    check(&pool, Cause::IdleThreads { others: 1 });
    pool.threads[0].is_first = false;
    check(&pool, Cause::OneWorker);
    pool.threads_created = 8;
    check(&pool, Cause::IdleThreads { others: 8 });
}

#[test]
fn beginnings_one_at_a_time_are_told_from_ends_one_at_a_time() {
    let mut locked = observation(&[500, 500], 2, 751);
    locked.files_partly_alone = 1000;
    let access = |thread, file, start, end| Access {
        thread,
        file,
        start,
        end,
    };
    // Three quarters under the lock, and the last one beside the beginning of the next file.
    locked.timeline = (0..1000)
        .flat_map(|n| {
            [
                access(n % 2, n, 3 * n, 3 * n + 3),
                access(n % 2, n, 3 * n + 3, 3 * n + 4),
            ]
        })
        .collect();
    check(&locked, Cause::BeginningSerialised { threads: 2 });
    // First quarters beside the rest of the file before, and rests one by one.
    locked.timeline = (0..1000)
        .flat_map(|n| {
            let start = 3 * n;
            [
                access(n % 2, n, start, start + 1),
                access(n % 2, n, start + 3, start + 6),
            ]
        })
        .collect();
    check(&locked, Cause::TouchedOnly { threads: 2 });
    // Two first quarters at once, and then the rests one by one.
    locked.timeline = (0..500)
        .flat_map(|n| {
            let start = 7 * n;
            [
                access(0, 2 * n, start, start + 1),
                access(1, 2 * n + 1, start, start + 1),
                access(0, 2 * n, start + 1, start + 4),
                access(1, 2 * n + 1, start + 4, start + 7),
            ]
        })
        .collect();
    check(&locked, Cause::TouchedOnly { threads: 2 });
}

#[test]
fn threads_that_take_turns_are_serialised_or_spawned_in_a_loop() {
    let serialised = Cause::Serialised { threads: 4 };
    check(&observation(&[250; 4], 1, 1000), serialised);
    // However many files each of them reads: it is the threads that wait for each other.
    for files in [&[1; 1000][..], &[125; 8]] {
        let mut one_by_one = observation(files, 1, 1000);
        one_by_one.threads_at_once = 2;
        let threads = one_by_one.concurrency.threads;
        check(&one_by_one, Cause::SpawnJoinLoop { threads });
    }
    // Half of the work is the first thread's, and both hold one lock.
    let mut halves = observation(&[500, 500], 1, 1000);
    halves.threads_at_once = 2;
    assert!(matches!(
        diagnosed(&halves),
        Diagnosis::Not(Cause::Serialised { .. })
    ));
    let locked = Cause::Serialised { threads: 1000 };
    check(&observation(&[1; 1000], 1, 1000), locked);
}

#[test]
fn few_files_at_once_are_too_few() {
    check(
        &observation(&[1; 2], 2, 1),
        Cause::TooFew { read: 2, of: 1000 },
    );
    let half = Diagnosis::Parallel {
        effective: 4.0,
        threads: 4,
    };
    check(&observation(&[125; 4], 4, 125), half);
}

#[test]
fn a_touch_by_many_and_the_rest_one_by_one_is_no_reading_at_once() {
    // A quarter of each by eight at once, and three quarters by themselves.
    let mut touched = observation(&[125; 8], 8, 782);
    (touched.time, touched.files_partly_alone) = (3125, 1000);
    check(&touched, Cause::TouchedOnly { threads: 8 });
    // Not most of them.
    touched.files_partly_alone = 499;
    let hardly = |diagnosis| matches!(diagnosis, Diagnosis::Not(Cause::HardlyParallel { .. }));
    assert!(hardly(diagnosed(&touched)));
}

#[test]
fn one_thread_with_nearly_all_the_work_is_uneven() {
    let uneven = Cause::Uneven {
        busiest: 990,
        files: 1000,
        threads: 11,
    };
    let mut files = vec![990];
    files.extend([1; 10]);
    check(&observation(&files, 11, 990), uneven);
}

#[test]
fn reading_again_in_many_threads_is_not_parallel() {
    let mut decoys = observation(&[1000, 500, 500], 2, 1500);
    decoys.blocks_brought = BLOCKS * 2000;
    assert!(matches!(
        diagnosed(&decoys),
        Diagnosis::Not(Cause::ReadAgain { charges: 2000, .. })
    ));
}

#[test]
fn threads_that_leave_the_reading_to_one_are_not_parallel() {
    let mut touched = observation(&[125; 8], 8, 125);
    for thread in &mut touched.threads {
        thread.bytes = 125;
    }
    touched.threads.push(ThreadSeen {
        bytes: 56_000,
        ..ThreadSeen::default()
    });
    check(&touched, Cause::TouchedOnly { threads: 8 });
    // Pieces of each file by other threads, as a runtime may have it.
    touched.threads[8].bytes = 500;
    let parallel = Diagnosis::Parallel {
        effective: 8.0,
        threads: 8,
    };
    check(&touched, parallel);
}

#[test]
fn processes_of_one_thread_each_are_not_threads() {
    let mut processes = observation(&[125; 8], 8, 125);
    processes.concurrency.processes = 8;
    let one = ProcessSeen {
        blocks: BLOCKS * 125,
        threads: 1,
    };
    processes.processes = vec![one; 8];
    // A second thread that reads a single file changes nothing.
    processes.processes[0].threads = 2;
    let expected = Cause::Processes { processes: 8 };
    check(&processes, expected);
}

#[test]
fn an_observation_limit_decides_only_what_is_certain() {
    let cap = ObservationLimit::BusyThreads { limit_ms: 1 };
    let mut capped = observation(&[400], 1, 400);
    capped.capped = Some(cap);
    check(&capped, Diagnosis::Undecided(UndecidedReason::Capped(cap)));
    // Half of the time was its own.
    let cap = ObservationLimit::HeldTooLong { limit_ms: 30_000 };
    (capped.capped, capped.slept_ms) = (Some(cap), 12_000);
    let own = Duration::from_secs(15);
    let held_up = Cause::HeldUp { own, cap };
    let three = Duration::from_secs(3);
    assert_eq!(diagnose(&capped, 1000, three), held_up.into());
    check(&capped, Diagnosis::Undecided(UndecidedReason::Capped(cap)));
    // Nothing is known, or many reads were about to be served.
    let mut many = capped.clone();
    many.held_at_cap = 900;
    let mut nothing = observation(&[0], 900, 0);
    (nothing.capped, nothing.slept_ms) = (Some(cap), 15_000);
    for observation in [many, nothing] {
        let diagnosis = diagnose(&observation, 1000, three);
        assert_eq!(
            diagnosis,
            Diagnosis::Undecided(UndecidedReason::Capped(cap))
        );
    }
    let mut lost = observation(&[527], 1, 527);
    lost.capped = Some(cap);
    check(&lost, Cause::NoThreads);
    // 111 rounds of 8, and then 112 files of which nothing is known.
    let mut won = observation(&[111; 8], 8, 111);
    won.capped = Some(cap);
    assert!(matches!(
        diagnosed(&won),
        Diagnosis::Parallel { threads: 8, .. }
    ));
    let mut open = observation(&[50; 8], 8, 50);
    open.capped = Some(cap);
    check(&open, Diagnosis::Undecided(UndecidedReason::Capped(cap)));
    // A program that was parallel so far does not fail because it was slow.
    let all = Duration::from_mins(1);
    let undecided = Diagnosis::Undecided(UndecidedReason::Capped(cap));
    assert_eq!(diagnose(&open, 1000, all), undecided);
}

#[test]
fn a_pair_of_threads_beside_many_processes_is_not_what_reads() {
    let mut pair = observation(&[125; 8], 8, 125);
    let alone = ProcessSeen {
        blocks: BLOCKS * 125,
        threads: 1,
    };
    pair.processes = vec![alone; 8];
    pair.processes.push(ProcessSeen {
        blocks: BLOCKS * 2,
        threads: 2,
    });
    assert!(matches!(
        diagnosed(&pair),
        Diagnosis::Not(Cause::Processes { .. })
    ));
}

#[test]
fn reads_that_cannot_be_attributed_leave_it_undecided() {
    let mut hidden = observation(&[1000], 1, 1000);
    hidden.attempts = Attempts {
        unseen: 3,
        ..Attempts::default()
    };
    let expected = Diagnosis::Undecided(UndecidedReason::Unseen { accesses: 3 });
    check(&hidden, expected);
}

#[test]
fn nothing_read_is_a_cause_of_its_own() {
    let nothing = Observation {
        files_opened_only: 5,
        ..Observation::default()
    };
    let expected = Cause::NothingRead {
        opened: 5,
        cut_off: 0,
    };
    check(&nothing, expected);
}
