//! Builds the programs and runs them under the real supervisor.

use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use evidence::{Execution, Observation, Observed};
use observer::ObserverOptions;
use sandbox::{Cancellation, HostSupport, Job, Limits, Sandbox, Tier, probe};

/// The variable that names the programs if they are built already.
pub(crate) const PROGRAMS: &str = "OBSERVER_PROGRAMS";

/// The binary with all programs. Built here, unless a variable names one.
pub(crate) fn programs() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        if let Some(path) = env::var_os(PROGRAMS) {
            return path.into();
        }
        let own = Path::new(env!("CARGO_BIN_EXE_observer-test-supervisor"));
        // A folder of their own: a build of the optimised program may hold the lock of the usual one for minutes.
        let target = own
            .parent()
            .and_then(Path::parent)
            .unwrap()
            .join("programs");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "-p", "observer-programs"])
            .arg("--target-dir")
            .arg(&target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(status.success());
        target.join("release/observer-programs")
    })
}

/// A folder with so many data files, and one beside it to write to.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new(files: u32) -> Self {
        let base = Path::new("/dev/shm");
        // Open to others: a fenced program may run as one of them.
        let mut folder = tempfile::Builder::new();
        folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
        let folder = if base.is_dir() {
            folder.tempdir_in(base)
        } else {
            folder.tempdir()
        };
        let place = Self {
            folder: folder.unwrap(),
        };
        fs::create_dir(place.data()).unwrap();
        fs::create_dir(place.elsewhere()).unwrap();
        for i in 0..files {
            let mut content = String::new();
            for line in 0..20 {
                writeln!(content, "{}", 1 + (7 * i + 13 * line) % 99).unwrap();
            }
            fs::write(place.data().join(format!("tmp-{i:05}.numbers")), content).unwrap();
        }
        place
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn elsewhere(&self) -> PathBuf {
        self.folder.path().join("elsewhere")
    }
}

/// A job that runs one of the programs, and how it is observed.
pub(crate) struct ObservedJob {
    pub(crate) job: Job,
    pub(crate) options: ObserverOptions,
}

pub(crate) fn job(program: &Path, arguments: &[&str], place: &Place) -> ObservedJob {
    let limits = Limits {
        wall: Duration::from_mins(2),
        cpu: Duration::from_mins(4),
        memory_bytes: 4 << 30,
        tasks: 4096,
        open_files: 4096,
        file_bytes: 1 << 30,
        disk_bytes: 1 << 30,
        disk_files: 100_000,
        output_bytes: 64 << 20,
    };
    let mut job = Job::new(program, place.data(), &limits);
    job.arguments = arguments.iter().map(|&a| a.to_owned()).collect();
    job.environment = vec![(
        "ELSEWHERE".to_owned(),
        place.elsewhere().display().to_string(),
    )];
    // A loaded machine must not turn an exact count into a capped one.
    let options = ObserverOptions {
        rest_limit: Duration::from_mins(1),
        restless_limit: Duration::from_mins(1),
        hold_limit: Duration::from_mins(2),
        ..ObserverOptions::default()
    };
    ObservedJob { job, options }
}

pub(crate) fn run(job: &ObservedJob) -> Execution {
    observe(&sandbox(Tier::None), job)
}

pub(crate) fn observe(sandbox: &Sandbox, job: &ObservedJob) -> Execution {
    let ObservedJob { job, options } = job;
    observer::observe(sandbox, job, &job.folder, options.clone()).unwrap()
}

/// The variable that names another program to supervise jobs: optimised, or where others can reach it.
pub(crate) const SUPERVISOR: &str = "OBSERVER_TEST_SUPERVISOR";

pub(crate) fn supervisor() -> PathBuf {
    let built = env!("CARGO_BIN_EXE_observer-test-supervisor");
    env::var_os(SUPERVISOR).map_or_else(|| built.into(), PathBuf::from)
}

pub(crate) fn support() -> &'static HostSupport {
    static SUPPORT: OnceLock<HostSupport> = OnceLock::new();
    SUPPORT.get_or_init(|| probe(&supervisor()).unwrap())
}

/// A sandbox of this tier. The corpus runs at `none`: some of its programs do what a fence refuses, and what
/// is tested is what the observer sees.
pub(crate) fn sandbox(tier: Tier) -> Sandbox {
    Sandbox::new(support(), tier, Cancellation::default()).unwrap()
}

/// The observation of a run, which must have succeeded.
pub(crate) fn seen(execution: &Execution) -> &Observation {
    assert!(
        execution.termination.is_success(),
        "{:?}\n{}",
        execution.termination,
        execution.stderr.head
    );
    match execution.observation.as_ref().unwrap() {
        Observed::Seen(observation) => observation,
        Observed::Unavailable { reason } => panic!("{reason}"),
    }
}
