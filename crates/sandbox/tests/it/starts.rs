//! Programs that do not start, supervisors that do not answer, and the errors for them.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use evidence::Termination;
use sandbox::{Cancellation, Error, Job, JobError, Limits, Sandbox, Tier};

use super::{LIMITS, Place, abilities, run, supervisor, tiers};

/// An executable file with a text in it.
fn executable(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_program_that_nothing_can_start_is_its_authors_fault() {
    for tier in tiers() {
        let place = Place::new();
        for (name, text, error) in [
            ("names-no-loader", "#!/nonexistent/loader\n", libc::ENOENT),
            ("no-program", "\u{7f}ELF and nothing else", libc::ENOEXEC),
        ] {
            let program = executable(place.0.path(), name, text);
            let seen = run(tier, &Job::new(program, place.data(), &LIMITS));
            let refused = Termination::NotStarted { error };
            assert_eq!(seen.termination, refused, "{tier}: {seen:?}");
        }
        let left = fs::read_dir(place.0.path()).unwrap().flatten();
        let own_files =
            left.filter(|entry| entry.file_name().to_string_lossy().starts_with("sandbox-"));
        assert_eq!(
            own_files.count(),
            0,
            "{tier}: a copy of the program is left"
        );
    }
}

#[test]
fn a_job_reads_its_input_and_cannot_change_it() {
    for tier in tiers() {
        let place = Place::new();
        // More than a pipe holds.
        let input = "0123456789\n".repeat(9_000);
        let mut job = place.script("cat; echo more >&0 || echo refused", LIMITS);
        job.input.clone_from(&input);
        let seen = run(tier, &job);
        let printed = format!("{input}refused\n");
        assert_eq!(seen.termination, Termination::Exited { code: 0 }, "{tier}");
        assert!(seen.stdout.tail.is_empty() || seen.stdout.tail.ends_with("9\nrefused\n"));
        let bytes = (seen.stdout.head.len() + seen.stdout.tail.len()) as u64;
        assert_eq!(
            bytes + seen.stdout.omitted,
            printed.len() as u64,
            "{tier}: {seen:?}"
        );
    }
}

#[test]
fn if_the_probe_program_does_not_start_either_it_is_an_error_of_the_sandbox() {
    for tier in tiers().filter(|&tier| tier > Tier::None) {
        let place = Place::new();
        // A shell's script is a supervisor like any other, but no job sees a shell.
        let real = supervisor();
        let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", real.display());
        let own_supervisor = executable(place.0.path(), "supervisor", &script);
        let program = executable(place.0.path(), "program", "#!/nonexistent/loader\n");
        let sandbox = with_supervisor(&own_supervisor, tier);
        let error = sandbox
            .run(&Job::new(program, place.data(), &LIMITS))
            .unwrap_err();
        assert!(
            matches!(
                error,
                Error::Job {
                    source: JobError::NothingStarts { .. },
                    ..
                }
            ),
            "{tier}: {error}"
        );
    }
}

fn with_supervisor(supervisor: &Path, tier: Tier) -> Sandbox {
    let sandbox = Sandbox::new(abilities(), tier, Cancellation::default()).unwrap();
    sandbox.supervised_by(supervisor)
}

#[test]
fn the_zygote_may_be_killed_or_stopped_at_any_time() {
    use rustix::process::{Pid, Signal, kill_process};

    let place = Place::new();
    let real = supervisor();
    let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", real.display());
    let own_supervisor = executable(place.0.path(), "supervisor", &script);
    let sandbox = with_supervisor(&own_supervisor, Tier::None);
    // The parent of the job's parent.
    let mut job = Job::new("/bin/sh", place.data(), &LIMITS);
    let script = "read -r a b c d e < /proc/$PPID/stat; echo $d";
    job.arguments = vec!["-c".into(), script.into()];
    let zygote = || {
        let seen = sandbox.run(&job).unwrap();
        assert!(seen.termination.is_success(), "{seen:?}");
        let pid: i32 = seen.stdout.head.trim().parse().unwrap();
        Pid::from_raw(pid).unwrap()
    };
    let mut last = zygote();
    assert_eq!(zygote(), last);
    for signal in [Signal::KILL, Signal::STOP] {
        kill_process(last, signal).unwrap();
        let next = zygote();
        assert_ne!(next, last);
        last = next;
    }
}

#[test]
fn what_a_shell_has_set_for_itself_does_not_bind_a_job() {
    for tier in tiers() {
        let place = Place::new();
        // Enough for a supervisor.
        let script = format!(
            "#!/bin/sh\nulimit -Sv 400000\nulimit -Sd 400000\nexec '{}' \"$@\"\n",
            supervisor().display()
        );
        let limited = executable(place.0.path(), "supervisor", &script);
        let limits = Limits {
            memory_bytes: 1 << 30,
            ..LIMITS
        };
        let sandbox = with_supervisor(&limited, tier);
        let seen = sandbox.run(&place.act("allocate 500", limits)).unwrap();
        assert!(seen.termination.is_success(), "{tier}: {seen:?}");
    }
}
