//! The sandbox through a real supervisor: how jobs end, what bounds them, that nothing is left.
//!
//! Every hostile act here is bounded by itself in time, memory, processes and disk, for the day on which the
//! sandbox does not hold. The tests run as the current user, and again as other users.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

use std::{path::PathBuf, time::Duration};

use evidence::{Execution, Termination};
use sandbox::{Cancellation, HostSupport, Job, Limits, Sandbox, Tier, rule::Setup};

use test_support::others::{self, Again};

mod acts;
mod attacks;
mod build;
mod limits;
mod rule_tables;
mod starts;

/// The variable that names another program to supervise jobs: where others can reach it.
const SUPERVISOR: &str = "SANDBOX_TEST_SUPERVISOR";

fn supervisor() -> PathBuf {
    let built = env!("CARGO_BIN_EXE_sandbox-test-supervisor");
    std::env::var_os(SUPERVISOR).map_or_else(|| built.into(), PathBuf::from)
}

fn abilities() -> &'static HostSupport {
    static ABILITIES: std::sync::OnceLock<HostSupport> = std::sync::OnceLock::new();
    ABILITIES.get_or_init(|| sandbox::probe(&supervisor()).unwrap())
}

fn at(tier: Tier) -> Sandbox {
    Sandbox::new(abilities(), tier, Cancellation::default()).unwrap()
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Every tier that holds here.
fn tiers() -> impl Iterator<Item = Tier> {
    Tier::ALL
        .into_iter()
        .filter(|&tier| abilities().supports(tier))
}

const LIMITS: Limits = Limits {
    wall: Duration::from_secs(20),
    cpu: Duration::from_secs(10),
    memory_bytes: 512 << 20,
    tasks: 2000,
    open_files: 1024,
    file_bytes: 64 << 20,
    disk_bytes: 64 << 20,
    disk_files: 1000,
    output_bytes: 1 << 20,
};

/// A place for one job: an empty folder that other users can enter.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::Permissions::from_mode(0o755);
        let dir = tempfile::Builder::new()
            .permissions(mode)
            .tempdir()
            .unwrap();
        for name in ["data", "tmp"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self(dir)
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn tmp(&self) -> PathBuf {
        self.0.path().join("tmp")
    }

    /// A job that runs a script of the shell.
    fn script(&self, script: &str, limits: Limits) -> Job {
        let mut job = Job::new("/bin/sh", self.data(), &limits)
            .readable("/bin")
            .readable("/usr/bin")
            .scratch(self.tmp());
        job.arguments = vec!["-c".into(), script.into()];
        job.environment = vec![
            ("PATH".into(), "/usr/bin:/bin".into()),
            ("TMP".into(), self.tmp().display().to_string()),
        ];
        job
    }

    /// A job that does one of the acts at the end of this file.
    fn act(&self, act: &str, limits: Limits) -> Job {
        let program = self.0.path().join("program");
        if !program.exists() {
            std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        }
        let mut job = Job::new(program, self.data(), &limits).scratch(self.tmp());
        job.arguments = ["--exact", "acts::program", "--ignored", "--nocapture"]
            .map(str::to_owned)
            .to_vec();
        job.environment = vec![
            ("ACT".into(), act.into()),
            ("TMP".into(), self.tmp().display().to_string()),
        ];
        job
    }
}

/// Run a job, and check that it left nothing.
fn run(tier: Tier, job: &Job) -> Execution {
    run_in(&at(tier), job)
}

/// The same where control groups cannot be made.
fn run_polled(tier: Tier, job: &Job) -> Execution {
    run_in(&at(tier).without(&[Setup::ControlGroups.into()]), job)
}

fn run_in(sandbox: &Sandbox, job: &Job) -> Execution {
    let tier = sandbox.tier();
    let execution = sandbox.run(job).unwrap();
    // Everything of a job is called by its folder, which no other test has.
    let folder = job.folder.display().to_string();
    assert_eq!(alive(&folder), 0, "{tier}: processes are left");
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(&folder), "{tier}: mounts are left");
    execution
}

/// Decided to end it, and all of it was dead soon.
fn assert_ended_soon(tier: Tier, execution: &Execution) {
    let ending = execution.usage.ending;
    println!("{tier}: dead after {ending:?}");
    // A tenth of a second is promised, and measured by the benchmark; here other tests run beside this
    // one, bombs among them. Below `confined`, what is left is looked for in `/proc`, by a process that
    // a bomb leaves little time.
    let most = if tier < Tier::Confined { 9000 } else { 1500 };
    assert!(ending < Duration::from_millis(most), "{tier}: {ending:?}");
}

/// Processes alive whose command line holds a word.
fn alive(word: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .flatten()
        .filter(|process| {
            process.file_name().to_string_lossy().parse::<u32>().is_ok()
                && std::fs::read(process.path().join("cmdline"))
                    .is_ok_and(|line| String::from_utf8_lossy(&line).contains(word))
        })
        .count()
}

#[test]
fn a_program_runs_at_every_tier_and_says_so() {
    for tier in tiers() {
        let place = Place::new();
        std::fs::write(place.data().join("f"), "42\n").unwrap();
        let job = place.script("read x < f; echo $x; echo $TMP >&2; exit 3", LIMITS);
        let execution = run(tier, &job);
        assert_eq!(
            execution.termination,
            Termination::Exited { code: 3 },
            "{tier}: {execution:?}"
        );
        assert_eq!(execution.stdout.last_line(), Some("42"), "{tier}");
        assert_eq!(execution.left_behind, 0, "{tier}");
    }
}

#[test]
fn a_job_stays_on_the_processor_that_was_named() {
    let all = rustix::thread::sched_getaffinity(None).unwrap();
    let usable: Vec<usize> = (0..rustix::thread::CpuSet::MAX_CPU)
        .filter(|&processor| all.is_set(processor))
        .collect();
    let last = *usable.last().unwrap();
    for tier in tiers() {
        let place = Place::new();
        let job = place.script("nproc", LIMITS);
        let on = |processor| {
            let execution = run(tier, &job.clone().on_processor(processor));
            execution.stdout.last_line().unwrap_or_default().to_owned()
        };
        assert_eq!(on(u32::try_from(last).ok()), "1", "{tier}");
        assert_eq!(on(None), usable.len().to_string(), "{tier}");
        // A processor that is not there is no reason to fail.
        assert_eq!(on(Some(100_000)), usable.len().to_string(), "{tier}");
    }
}

#[test]
fn this_machine_has_a_tier() {
    println!("{}", abilities());
    assert!(abilities().tier > Tier::None, "{}", abilities());
}

#[test]
fn what_a_job_makes_in_a_folder_to_keep_is_kept_and_bounded() {
    for tier in tiers() {
        let place = Place::new();
        let out = place.0.path().join("out");
        std::fs::create_dir(&out).unwrap();
        let script = |text: &str, limits| place.script(text, limits).output(&out);
        let mut job = script(
            "echo made > $OUT/made && chmod 600 $OUT/made; exit 0",
            LIMITS,
        );
        job.environment
            .push(("OUT".into(), out.display().to_string()));
        assert_eq!(
            run(tier, &job).termination,
            Termination::Exited { code: 0 },
            "{tier}"
        );
        assert_eq!(
            std::fs::read_to_string(out.join("made")).unwrap(),
            "made\n",
            "{tier}"
        );

        // As compilers do, which write beside and move when done.
        let moves = "mkdir $OUT/a $OUT/b && echo > $OUT/a/made && ln $OUT/a/made $OUT/b/made";
        let mut job = script(moves, LIMITS);
        job.environment
            .push(("OUT".into(), out.display().to_string()));
        let after = run(tier, &job);
        assert!(after.termination.is_success(), "{tier}: {after:?}");

        let limits = Limits {
            disk_bytes: 4 << 20,
            ..LIMITS
        };
        let mut job = script("head -c 8M /dev/zero > $OUT/large; sleep 5", limits);
        job.environment
            .push(("OUT".into(), out.display().to_string()));
        let full = run(tier, &job).termination;
        assert!(
            matches!(full, Termination::DiskLimit { .. }),
            "{tier}: {full:?}"
        );
    }
}

#[test]
fn nothing_outlives_the_first_process_whatever_it_does() {
    for tier in tiers() {
        for (act, left_behind) in [
            ("daemon", 1),
            ("stopped", 1),
            ("hold-the-pipe", 1),
            ("daemon-of-other-threads", 1),
            ("tree 100", 100),
        ] {
            let place = Place::new();
            let execution = run(tier, &place.act(act, LIMITS));
            assert_eq!(
                execution.termination,
                Termination::Exited { code: 0 },
                "{tier} {act}"
            );
            assert_eq!(
                execution.left_behind, left_behind,
                "{tier} {act}: {execution:?}"
            );
            assert_ended_soon(tier, &execution);
        }
    }
}

/// A copy of itself that may be executed and not read would hide from an observer what it opens.
#[test]
fn a_run_cannot_execute_what_it_wrote() {
    for tier in tiers().filter(|&tier| tier > Tier::None) {
        let place = Place::new();
        let script = "cp /bin/true $TMP/true && cd $TMP && ./true; echo $?";
        let execution = run(tier, &place.script(script, LIMITS));
        assert_eq!(
            execution.stdout.last_line(),
            Some("126"),
            "{tier}: {execution:?}"
        );
    }
}

/// The loader is among the libraries, and starts programs without asking for the right to execute them.
#[test]
fn at_full_a_run_cannot_have_the_loader_start_what_it_wrote() {
    if !abilities().supports(Tier::Full) {
        return;
    }
    let place = Place::new();
    let script = "cp /bin/true $TMP/true; for loader in /lib64/ld-*.so.? /lib/ld-*.so.?; do \
                  if [ -e $loader ]; then $loader /bin/true && echo given; \
                  $loader $TMP/true && echo written; fi; done; echo done";
    let execution = run(Tier::Full, &place.script(script, LIMITS));
    let lines: Vec<&str> = execution.stdout.head.lines().collect();
    assert!(lines.contains(&"given"), "no loader works: {execution:?}");
    assert!(!lines.contains(&"written"), "{execution:?}");
    assert!(lines.contains(&"done"), "{execution:?}");
}

#[test]
fn the_data_can_be_read_and_not_written() {
    for tier in tiers().filter(|&tier| tier > Tier::None) {
        let place = Place::new();
        std::fs::write(place.data().join("f"), "1\n").unwrap();
        let script = "read x < f && ! echo 2 > f; ! echo 3 > new; rm f; mv f g; [ ! -e new ] && read y < f && echo $x$y";
        let execution = run(tier, &place.script(script, LIMITS));
        assert_eq!(
            execution.stdout.last_line(),
            Some("11"),
            "{tier}: {execution:?}"
        );
    }
}

#[test]
fn reads_move_access_times_at_every_tier() {
    use std::{fs::FileTimes, time::SystemTime};
    for tier in tiers() {
        let place = Place::new();
        let file = place.data().join("f");
        std::fs::write(&file, "1\n").unwrap();
        let past = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365);
        let times = FileTimes::new().set_accessed(past).set_modified(past);
        std::fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_times(times)
            .unwrap();
        run(tier, &place.script("read x < f", LIMITS));
        let accessed = std::fs::metadata(&file).unwrap().accessed().unwrap();
        assert_ne!(accessed, past, "{tier}");
    }
}

#[test]
fn a_tier_that_is_not_supported_here_is_an_error_that_says_why() {
    for tier in Tier::ALL {
        match Sandbox::new(abilities(), tier, Cancellation::default()) {
            Ok(_) => assert!(abilities().supports(tier), "{tier}"),
            Err(error) => {
                assert!(!abilities().supports(tier), "{tier}");
                let text = chain(&error);
                assert!(text.contains(&format!("`{tier}`: ")), "{text}");
            }
        }
    }
}

#[test]
fn a_layer_that_cannot_be_built_is_an_error_and_nothing_runs() {
    for tier in tiers().filter(|&tier| tier > Tier::None) {
        let place = Place::new();
        let mark = place.0.path().join("mark");
        let script = format!("echo ran > {}", mark.display());
        let job = place
            .script(&script, LIMITS)
            .readable("/nonexistent/folder");
        let error = chain(&at(tier).run(&job).unwrap_err());
        assert!(error.contains("/nonexistent/folder"), "{tier}: {error}");
        assert!(!mark.exists(), "{tier}");
    }
}

#[test]
#[ignore = "takes a minute"]
fn all_of_this_holds_for_others_too() {
    let toolchain = build::Toolchain::for_everybody();
    let rustc = toolchain
        .as_ref()
        .map(|toolchain| ("RUSTC", toolchain.rustc()));
    others::run_again_as_others(&Again {
        filter: "",
        expected: "limits::",
        program: &supervisor(),
        variable: SUPERVISOR,
        environment: rustc.as_slice(),
    });
}
