//! What bounds a job: memory, processor time, tasks, files, time, output.

use sandbox::{Limits, Tier};
use std::time::Duration;

use evidence::Termination;

use super::{LIMITS, Place, abilities, assert_ended_soon, run, run_polled, tiers};

#[test]
fn memory_is_measured_and_limited_for_the_whole_tree() {
    for tier in tiers() {
        let place = Place::new();
        let below = run(tier, &place.act("allocate 200", LIMITS));
        assert_eq!(
            below.termination,
            Termination::Exited { code: 0 },
            "{tier}: {below:?}"
        );
        let peak = below.usage.peak_memory_bytes >> 20;
        assert!((200..=260).contains(&peak), "{tier}: {peak} MiB");

        let limits = Limits {
            memory_bytes: 150 << 20,
            ..LIMITS
        };
        let limit = Termination::MemoryLimit {
            limit_bytes: limits.memory_bytes,
        };
        let above = run(tier, &place.act("allocate 200", limits));
        assert_eq!(above.termination, limit, "{tier}: {:?}", above.usage);
        // Three processes of 60 MiB each, none of which is above the limit.
        let above = run(tier, &place.act("allocate-in-three 60", limits));
        assert_eq!(above.termination, limit, "{tier}: {:?}", above.usage);
    }
}

#[test]
fn memory_that_no_process_shows_is_limited() {
    let limits = Limits {
        memory_bytes: 150 << 20,
        disk_bytes: 400 << 20,
        file_bytes: 400 << 20,
        ..LIMITS
    };
    let limit = Termination::MemoryLimit {
        limit_bytes: limits.memory_bytes,
    };
    for tier in tiers() {
        let place = Place::new();
        for act in ["share 200", "map-tables 200"] {
            let above = run(tier, &place.act(act, limits));
            assert_eq!(above.termination, limit, "{tier} {act}: {above:?}");
        }
        let below = run(tier, &place.act("share 50", limits));
        assert!(below.termination.is_success(), "{tier}: {below:?}");
        if tier == Tier::Full {
            // Its folder is in memory.
            let script = "head -c 300M /dev/zero > $TMP/large; sleep 1";
            let above = run(tier, &place.script(script, limits));
            assert_eq!(above.termination, limit, "{tier}: {above:?}");
        }
    }
}

/// What `/proc` shows of such a process is what it shows of one that has ended.
#[test]
fn a_process_whose_first_thread_has_ended_still_uses_memory() {
    let limits = Limits {
        memory_bytes: 150 << 20,
        ..LIMITS
    };
    let limit = Termination::MemoryLimit {
        limit_bytes: limits.memory_bytes,
    };
    for tier in tiers() {
        let place = Place::new();
        for act in [
            "allocate-in-other-threads 200",
            "allocate-in-other-threads-of-two 100",
            "share-in-other-threads 200",
        ] {
            let above = run_polled(tier, &place.act(act, limits));
            assert_eq!(above.termination, limit, "{tier} {act}: {above:?}");
        }
        let below = run_polled(
            tier,
            &place.act("allocate-in-other-threads-of-two 40", limits),
        );
        assert!(below.termination.is_success(), "{tier}: {below:?}");
    }
}

#[test]
fn processor_time_is_measured_and_limited_for_the_whole_tree() {
    for tier in tiers() {
        let place = Place::new();
        let below = run(tier, &place.act("burn 300", LIMITS));
        assert_eq!(below.termination, Termination::Exited { code: 0 }, "{tier}");
        let used = below.usage.user + below.usage.system;
        assert!((300..600).contains(&used.as_millis()), "{tier}: {used:?}");

        let limits = Limits {
            cpu: Duration::from_millis(400),
            ..LIMITS
        };
        let limit = Termination::CpuLimit { limit_ms: 400 };
        let above = run(tier, &place.act("burn 5000", limits));
        assert_eq!(above.termination, limit, "{tier}");
        assert_ended_soon(tier, &above);
        // In children, while the first process sleeps and never waits for them.
        let above = run(tier, &place.act("burn-in-children 3000", limits));
        assert_eq!(above.termination, limit, "{tier}: {:?}", above.usage);
        assert_ended_soon(tier, &above);
        // In many, none of which lives for long and none of which is waited for.
        let above = run(tier, &place.act("burn-in-short-children 40", limits));
        assert_eq!(above.termination, limit, "{tier}: {:?}", above.usage);
    }
}

#[test]
fn a_thousand_threads_are_fine_and_too_many_tasks_are_not() {
    for tier in tiers() {
        let place = Place::new();
        let below = run(tier, &place.act("threads 1000", LIMITS));
        assert_eq!(
            below.termination,
            Termination::Exited { code: 0 },
            "{tier}: {below:?}"
        );

        let limits = Limits {
            tasks: 100,
            ..LIMITS
        };
        let above = run(tier, &place.act("threads 300", limits));
        assert_eq!(
            above.termination,
            Termination::TaskLimit { limit: 100 },
            "{tier}: {above:?}"
        );
        let above = run(tier, &place.act("processes 300", limits));
        assert_eq!(
            above.termination,
            Termination::TaskLimit { limit: 100 },
            "{tier}: {above:?}"
        );
        assert_ended_soon(tier, &above);
    }
}

#[test]
fn files_are_limited_in_size_sum_and_number() {
    for tier in tiers() {
        let place = Place::new();
        let limits = Limits {
            file_bytes: 4 << 20,
            disk_bytes: 16 << 20,
            disk_files: 200,
            ..LIMITS
        };
        let write = |mib: u32, files: u32| {
            format!(
                "i=0; while [ $i -lt {files} ]; do head -c {mib}M /dev/zero > $TMP/$i || exit 1; \
                 i=$((i+1)); done; sleep 0.2"
            )
        };
        let ended = |script: &str| run(tier, &place.script(script, limits)).termination;
        assert_eq!(
            ended(&write(3, 4)),
            Termination::Exited { code: 0 },
            "{tier}"
        );
        // The shell outlives its `head`, whose end it shows.
        let large = ended("exec head -c 5M /dev/zero > $TMP/large");
        assert_eq!(
            large,
            Termination::FileSizeLimit {
                limit_bytes: 4 << 20
            },
            "{tier}"
        );
        let disk = Termination::DiskLimit {
            limit_bytes: 16 << 20,
            limit_files: 200,
        };
        assert_eq!(ended(&write(3, 8)), disk, "{tier}");
        let many =
            "i=0; while [ $i -lt 300 ]; do : > $TMP/f$i || exit 1; i=$((i+1)); done; sleep 0.3";
        assert_eq!(ended(many), disk, "{tier}");
    }
}

#[test]
fn time_and_output_are_limited() {
    for tier in tiers() {
        let place = Place::new();
        let limits = Limits {
            wall: Duration::from_millis(300),
            output_bytes: 1000,
            ..LIMITS
        };
        let slow = run(tier, &place.script("sleep 20", limits));
        assert_eq!(
            slow.termination,
            Termination::WallLimit { limit_ms: 300 },
            "{tier}"
        );
        assert_ended_soon(tier, &slow);
        let loud = run(
            tier,
            &place.script("while :; do echo 0123456789; done", limits),
        );
        assert_eq!(
            loud.termination,
            Termination::OutputLimit { limit_bytes: 1000 },
            "{tier}"
        );
        let crash = run(tier, &place.script("kill -SEGV $$", limits));
        let signal = libc::SIGSEGV;
        assert_eq!(
            crash.termination,
            Termination::Signaled { signal },
            "{tier}"
        );
        let abort = run(tier, &place.act("abort", LIMITS));
        let signal = libc::SIGABRT;
        assert_eq!(
            abort.termination,
            Termination::Signaled { signal },
            "{tier}: {abort:?}"
        );
    }
}

#[test]
fn a_fork_bomb_is_ended_by_the_limit_on_tasks_or_on_time() {
    // Below `confined` a fork bomb races with the supervisor's scan of `/proc`, and nothing is promised.
    let promised: Vec<Tier> = tiers().filter(|&tier| tier >= Tier::Confined).collect();
    assert!(
        !promised.is_empty(),
        "nothing ends a bomb here: {}",
        abilities()
    );
    for tier in promised {
        let place = Place::new();
        let limits = Limits {
            wall: Duration::from_millis(700),
            tasks: 300,
            ..LIMITS
        };
        let execution = run(tier, &place.act("bomb 2000", limits));
        println!("{tier}: {:?} {:?}", execution.termination, execution.usage);
        assert!(
            matches!(
                execution.termination,
                Termination::TaskLimit { .. } | Termination::WallLimit { .. }
            ),
            "{tier}: {execution:?}"
        );
        assert_ended_soon(tier, &execution);
    }
}

#[test]
fn deep_folders_hide_nothing() {
    for tier in tiers() {
        let place = Place::new();
        let limits = Limits {
            disk_bytes: 32 << 20,
            ..LIMITS
        };
        let deep = run(tier, &place.act("write-deep-down 140", limits));
        let disk = Termination::DiskLimit {
            limit_bytes: limits.disk_bytes,
            limit_files: limits.disk_files,
        };
        assert_eq!(deep.termination, disk, "{tier}: {deep:?}");
    }
}

#[test]
fn a_bad_end_for_want_of_room_is_called_by_its_reason() {
    for tier in tiers() {
        let place = Place::new();
        let limits = Limits {
            disk_bytes: 32 << 20,
            file_bytes: 20 << 20,
            ..LIMITS
        };
        let full = run(tier, &place.act("abort-when-full 128", limits));
        let disk = Termination::DiskLimit {
            limit_bytes: limits.disk_bytes,
            limit_files: limits.disk_files,
        };
        assert_eq!(full.termination, disk, "{tier}: {full:?}");

        let place = Place::new();
        let large = run(tier, &place.act("panic-at-a-large-file 24", limits));
        let size = Termination::FileSizeLimit {
            limit_bytes: limits.file_bytes,
        };
        assert_eq!(large.termination, size, "{tier}: {large:?}");
        // A bad end of its own stays one.
        let small = run(tier, &place.act("panic-at-a-large-file 2", limits));
        let code = 101;
        assert_eq!(
            small.termination,
            Termination::Exited { code },
            "{tier}: {small:?}"
        );
    }
}
