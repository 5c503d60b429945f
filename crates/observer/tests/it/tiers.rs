//! What the observer sees is the same at every tier, for root and for others, on one processor and on all.

use std::fs;

use sandbox::{Cancellation, Sandbox, Tier, probe};
use test_support::others::{self, Again};

use crate::workshop;

const FILES: u32 = 24;

/// Programs, threads, and the virtual time that they take, in quarters of a round.
const PROGRAMS: [(&str, &str, u32); 9] = [
    ("serial", "1", 4 * FILES),
    ("serial-mmap", "1", 4 * FILES),
    ("atomic", "8", 4 * FILES / 8),
    ("mutex-read", "8", 4 * FILES),
    ("rayon-default", "1", 4 * FILES / 8),
    ("tokio-spawn", "4", 4 * FILES / 4),
    // At the highest tier into another file system than the data are on.
    ("atomic-copy", "8", 4 * FILES / 8),
    ("forks", "3", 4 * FILES / 3),
    ("one-byte-then-serial", "8", FILES / 8 + 4 * FILES),
];

/// The virtual time that each program takes at a tier.
fn times_in(sandbox: &Sandbox) -> Vec<(&'static str, u32)> {
    let tier = sandbox.tier();
    if let Err(why) = observer::can_observe(sandbox).unwrap() {
        panic!("{tier}: {why}");
    }
    let times = PROGRAMS.iter().map(|&(mode, threads, _)| {
        let place = workshop::Place::new(FILES);
        // In a folder that the program's user can reach.
        let program = place.data().with_file_name("program");
        fs::copy(workshop::programs(), &program).unwrap();
        let job = workshop::job(&program, &[mode, threads], &place);
        let job = workshop::ObservedJob {
            job: job.job.scratch(place.elsewhere()),
            ..job
        };
        let execution = workshop::observe(sandbox, &job);
        (mode, workshop::seen(&execution).time)
    });
    times.collect()
}

/// Every tier that holds here.
fn tiers() -> Vec<Tier> {
    let holds = |tier: &Tier| workshop::support().supports(*tier);
    Tier::ALL.into_iter().filter(holds).collect()
}

/// A sandbox of this tier whose supervisors are started from this thread: they inherit its processors.
pub(crate) fn sandbox_of_this_thread(tier: Tier) -> Sandbox {
    let support = probe(&workshop::supervisor()).unwrap();
    Sandbox::new(&support, tier, Cancellation::default()).unwrap()
}

#[test]
fn every_tier_sees_the_same() {
    let tiers = tiers();
    assert!(tiers.contains(&Tier::None), "{tiers:?}");
    let expected: Vec<_> = PROGRAMS.map(|(mode, _, time)| (mode, time)).into();
    for tier in tiers {
        assert_eq!(times_in(&workshop::sandbox(tier)), expected, "{tier}");
    }
}

#[test]
fn one_processor_sees_the_same_at_the_best_tier() {
    let best = tiers().into_iter().max().unwrap();
    let all = rustix::thread::sched_getaffinity(None).unwrap();
    let first = (0..1024).find(|&cpu| all.is_set(cpu)).unwrap();
    let mut one = rustix::thread::CpuSet::new();
    one.set(first);
    // This thread only; the zygote is started by it, and inherits.
    rustix::thread::sched_setaffinity(None, &one).unwrap();
    let pinned = times_in(&sandbox_of_this_thread(best));
    rustix::thread::sched_setaffinity(None, &all).unwrap();
    let expected: Vec<_> = PROGRAMS.map(|(mode, _, time)| (mode, time)).into();
    assert_eq!(pinned, expected);
}

#[test]
fn a_program_whose_reads_are_not_observed_sees_the_same_processors() {
    for tier in tiers() {
        for (mode, processors) in [
            ("sees-processors", 8),
            ("sees-processors", 3),
            ("describes", 8),
        ] {
            let place = workshop::Place::new(FILES);
            let program = place.data().with_file_name("program");
            fs::copy(workshop::programs(), &program).unwrap();
            let threads = processors.to_string();
            let mut job = workshop::job(&program, &[mode, &threads], &place);
            job.job = job.job.scratch(place.elsewhere());
            job.options.processors = processors;
            let sandbox = workshop::sandbox(tier);
            let execution = observer::run_unobserved(&sandbox, &job.job, job.options).unwrap();
            let (end, stderr) = (execution.termination, &execution.stderr.head);
            assert!(end.is_success(), "{mode} at {tier}: {end:?} {stderr}");
            assert_eq!(execution.observation, None);
        }
    }
}

#[test]
fn all_of_this_holds_for_others_too() {
    // Where others can reach them.
    let mut folder = tempfile::Builder::new();
    folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    let folder = folder.tempdir().unwrap();
    let programs = folder.path().join("programs");
    if !others::is_again() {
        fs::copy(workshop::programs(), &programs).unwrap();
    }
    others::run_again_as_others(&Again {
        filter: "tiers::",
        expected: "tiers::every_tier_sees_the_same ... ok",
        program: &workshop::supervisor(),
        variable: workshop::SUPERVISOR,
        environment: &[(workshop::PROGRAMS, programs)],
    });
}
