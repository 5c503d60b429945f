//! A job, and the grader's side of running one: start its supervisor, wait, believe what it reports.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};

use super::{
    CANARY_ARGUMENT, Cancellation, ObserverOptions,
    ability::{self, Abilities, Facts, Isolation},
    cgroup::{Group, Place},
    nursery::{Nursery, Supervisor},
    own_user::{Claimed, Users},
};
use crate::{
    course::{Limits, Tier},
    fault::{Fault, FaultKind},
};
use evidence::{Execution, Termination};

/// What a job is for. A build starts compilers and linkers, and may change the mode of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Compile a submission. Sees the system's programs besides its libraries.
    Build,
    /// Run what was compiled. Sees the system's libraries only.
    Run,
}

/// A folder that a job may do everything with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writable {
    /// The folder, absolute; it exists. It comes to belong to the job's user, with all in it.
    pub path: PathBuf,
    /// Whether what is in it is wanted afterwards. If not, it may be a file system of its own in memory,
    /// empty at first, gone with the job, and bounded exactly.
    pub kept: bool,
}

/// One program to run, what it may see and what it may use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The program, absolute.
    pub program: PathBuf,
    /// Its arguments, without its own name.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// Where it starts, absolute. It may read there, and write only if the folder is also writable.
    pub folder: PathBuf,
    /// What it is for.
    pub stage: Stage,
    /// Files and folders that it may read and execute, absolute, besides its program and its folder.
    pub readable: Vec<PathBuf>,
    /// Folders that it may write to.
    pub writable: Vec<Writable>,
    /// What it may use.
    pub limits: Limits,
    /// Whose reads are observed, if anybody's. Needs what [`Sandbox::can_observe`] finds out.
    pub observe: Option<Observe>,
}

/// Which reads of a run are observed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Observe {
    /// The folder of the data files.
    pub data: PathBuf,
    /// What the program is shown, and how much is borne.
    pub options: ObserverOptions,
}

impl Job {
    /// A run without arguments and environment, which writes nowhere.
    pub fn new(program: impl Into<PathBuf>, folder: impl Into<PathBuf>, limits: &Limits) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: folder.into(),
            stage: Stage::Run,
            readable: Vec::new(),
            writable: Vec::new(),
            limits: *limits,
            observe: None,
        }
    }

    /// The same, with its reads of the files in a folder observed.
    #[must_use]
    pub fn observed(mut self, data: impl Into<PathBuf>, options: ObserverOptions) -> Self {
        let data = data.into();
        self.observe = Some(Observe { data, options });
        self
    }

    /// The same as a build.
    #[must_use]
    pub fn building(mut self) -> Self {
        self.stage = Stage::Build;
        self
    }

    /// The same, with another file or folder to read.
    #[must_use]
    pub fn readable(mut self, path: impl Into<PathBuf>) -> Self {
        self.readable.push(path.into());
        self
    }

    /// The same, with a folder to write to whose contents are wanted afterwards.
    #[must_use]
    pub fn output(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.writable.push(Writable { path, kept: true });
        self
    }

    /// The same, with a folder to write to whose contents nobody wants afterwards.
    #[must_use]
    pub fn scratch(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.writable.push(Writable { path, kept: false });
        self
    }
}

/// How a job is fenced in: what was chosen, and the facts it rests on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mode {
    pub(super) tier: Tier,
    /// The version of Landlock to demand, 0 for none.
    pub(super) landlock: i32,
    pub(super) users: Option<Users>,
    pub(super) groups: Option<Place>,
    /// Rules that a test leaves out, to see that something notices.
    pub(super) without: Vec<String>,
}

impl Mode {
    pub(super) fn new(tier: Tier, facts: &Facts) -> Self {
        Self {
            tier,
            landlock: match tier {
                Tier::None => 0,
                // As if the kernel had no more.
                Tier::Weak => facts.landlock.min(super::fence::SCOPES_SINCE - 1),
                Tier::Confined | Tier::Full => facts.landlock,
            },
            users: facts.users.clone().ok().filter(|_| tier > Tier::None),
            groups: facts.groups.clone().ok(),
            without: Vec::new(),
        }
    }

    /// Whether a rule is in force.
    pub(super) fn keeps(&self, rule: &str) -> bool {
        !self.without.iter().any(|name| name == rule)
    }

    /// Take a user for the job of this supervisor, if jobs have users of their own.
    pub(super) fn claim_user(&self) -> io::Result<Option<Claimed>> {
        let users = self.users.filter(|_| self.keeps("own-user"));
        users
            .map(|users| users.claim(std::process::id()))
            .transpose()
    }

    /// The control groups of the job of this supervisor.
    pub(super) fn group(&self, job: &Job) -> io::Result<Option<Group>> {
        let Some(place) = self
            .groups
            .as_ref()
            .filter(|_| self.keeps("control-groups"))
        else {
            return Ok(None);
        };
        // The first process of a namespace is in it as well.
        let tasks = job.limits.tasks + u64::from(self.tier == Tier::Full);
        Group::make(place, job.limits.memory_bytes, tasks).map(Some)
    }
}

/// What a supervisor is told, once.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The grader's process.
    pub(super) grader: i32,
    pub(super) errand: Errand,
    pub(super) mode: Mode,
    pub(super) job: Job,
}

/// What a supervisor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Errand {
    /// Run the job.
    Run,
    /// Do everything but start its program.
    Trial,
    /// Say what this machine has.
    Facts,
}

/// What a supervisor reports, once.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The job ran; nothing of it is left.
    Ran(Box<Execution>),
    /// Every fence of the trial held.
    Held,
    /// What this machine has.
    Facts(Facts),
    /// We failed.
    Failed {
        /// What, and why.
        why: String,
        /// Whether it was a fence, which does not hold here.
        fence: bool,
    },
}

/// Runs jobs. Cheap to share among threads.
#[derive(Debug, Clone)]
pub struct Sandbox {
    nursery: Arc<Nursery>,
    cancellation: Cancellation,
    mode: Mode,
}

/// Real time a supervisor has to end its job when it is told to go: more than `kill` gives itself.
const LAST_PATIENCE: Duration = Duration::from_secs(12);

/// Real time a supervisor may take beyond its job's limit, to kill what is left and to report.
const GRACE: Duration = Duration::from_secs(15);

impl Sandbox {
    /// A sandbox whose supervisor is the program `supervisor`: a `grade`, usually this one.
    ///
    /// # Errors
    /// The isolation wished for cannot be had here.
    pub fn new(
        supervisor: &Path,
        cancellation: Cancellation,
        abilities: &Abilities,
        isolation: Isolation,
    ) -> Result<Self, Fault> {
        let nursery = if supervisor == abilities.nursery.program() {
            Arc::clone(&abilities.nursery)
        } else {
            Arc::new(Nursery::new(supervisor, false))
        };
        Ok(Self {
            nursery,
            cancellation,
            mode: abilities.mode(abilities.choose(isolation)?),
        })
    }

    /// How well jobs are isolated.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.mode.tier
    }

    /// The program that supervises, and plays the canaries.
    pub(super) fn program(&self) -> &Path {
        self.nursery.program()
    }

    /// The same without some of its rules. For tests, which see that a canary notices.
    #[doc(hidden)]
    #[must_use]
    pub fn without(mut self, rules: &[&str]) -> Self {
        self.mode.without = rules.iter().map(|&rule| rule.to_owned()).collect();
        let keeps_environment = !self.mode.keeps("environment");
        self.nursery = Arc::new(Nursery::new(self.program(), keeps_environment));
        self
    }

    /// Ask a supervisor what this machine has.
    pub(super) fn ask_facts(nursery: &Arc<Nursery>) -> Result<Facts, Fault> {
        let nothing = Facts {
            landlock: 0,
            users: Err(String::new()),
            groups: Err(String::new()),
        };
        let mode = Mode::new(Tier::None, &nothing);
        match Self::with_mode(nursery, mode)
            .order(Errand::Facts, &ability::trial_job(Path::new("/")))?
        {
            Report::Facts(facts) => Ok(facts),
            report => Err(not_understood(report)),
        }
    }

    /// Whether jobs can be observed here; if not, why. Found out by starting one.
    ///
    /// # Errors
    /// The supervisor could not be started.
    pub fn can_observe(&self) -> Result<Result<(), String>, Fault> {
        if let Some(missing) = super::observer::missing() {
            return Ok(Err(missing.to_owned()));
        }
        let folder = trial_folder()?;
        let job =
            ability::trial_job(folder.path()).observed(folder.path(), ObserverOptions::default());
        self.try_fences(&job)
    }

    /// Do everything that starting a job at this tier takes. The inner error says what does not hold.
    pub(super) fn try_out(
        nursery: &Arc<Nursery>,
        mode: &Mode,
    ) -> Result<Result<(), String>, Fault> {
        let folder = trial_folder()?;
        let job = ability::trial_job(folder.path());
        Self::with_mode(nursery, mode.clone()).try_fences(&job)
    }

    /// Do everything but start the program. Only a fence that does not hold is an answer; that something
    /// else failed tells nothing of this machine's fences.
    fn try_fences(&self, job: &Job) -> Result<Result<(), String>, Fault> {
        match self.order(Errand::Trial, job)? {
            Report::Held => Ok(Ok(())),
            Report::Failed { why, fence: true } => Ok(Err(why)),
            report => Err(not_understood(report)),
        }
    }

    fn with_mode(nursery: &Arc<Nursery>, mode: Mode) -> Self {
        Self {
            nursery: Arc::clone(nursery),
            cancellation: Cancellation::default(),
            mode,
        }
    }

    /// The wish to stop that ends every job.
    #[must_use]
    pub fn cancellation(&self) -> &Cancellation {
        &self.cancellation
    }

    /// Run `job` until it has ended and nothing of it is left.
    ///
    /// # Errors
    /// A fence did not hold, the supervisor could not be started, lost the job, or vanished; or we were
    /// asked to stop.
    pub fn run(&self, job: &Job) -> Result<Execution, Fault> {
        let execution = self.run_once(job)?;
        if !matches!(execution.termination, Termination::NotStarted { .. }) {
            return Ok(execution);
        }
        self.prove_that_programs_start(job, &execution.termination)?;
        // What the machine was short of for a moment is not the program's.
        self.run_once(job)
    }

    fn run_once(&self, job: &Job) -> Result<Execution, Fault> {
        match self.order(Errand::Run, job)? {
            Report::Ran(execution) => Ok(*execution),
            Report::Failed { why, .. } => Err(lost(job, &why)),
            Report::Held | Report::Facts(_) => Err(lost(job, "its supervisor did something else")),
        }
    }

    /// Start a program of our own, at the same place, behind the same fences. If the system refuses that
    /// as well, the machine is to blame.
    fn prove_that_programs_start(&self, job: &Job, refused: &Termination) -> Result<(), Fault> {
        let place = job.program.parent().unwrap_or(Path::new("/"));
        let no_copy = |error| Fault::io(FaultKind::Disk, "write into", place, &error);
        let copy = tempfile::Builder::new()
            .prefix("grade-start-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempfile_in(place)
            .map_err(no_copy)?
            // Closed: what is open for writing does not start.
            .into_temp_path();
        std::fs::copy(self.program(), &copy).map_err(no_copy)?;
        let mut ours = ability::trial_job(&job.folder);
        ours.program = copy.to_path_buf();
        ours.arguments = vec![CANARY_ARGUMENT.into()];
        match self.run_once(&ours)?.termination {
            Termination::NotStarted { .. } => Err(lost(
                job,
                &format!(
                    "it {}; nor does a program of ours start",
                    format_args!("failed to start ({refused:?})")
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Have a supervisor carry out an errand.
    fn order(&self, errand: Errand, job: &Job) -> Result<Report, Fault> {
        self.cancellation.check()?;
        let supervisor = self.nursery.supervisor(&self.cancellation)?;
        let result = self.supervise(&supervisor, errand, job);
        // Whatever happened, it is time for the supervisor to kill the job and go.
        let _ = supervisor.line.shutdown(Shutdown::Both);
        // Nobody does that better, so it is given the time; but not for ever. One that has reported has
        // nothing left to do.
        if result.is_err() {
            if !supervisor.ends_within(LAST_PATIENCE) {
                supervisor.kill();
            }
            supervisor.wait();
        }
        result
    }

    fn supervise(
        &self,
        supervisor: &Supervisor,
        errand: Errand,
        job: &Job,
    ) -> Result<Report, Fault> {
        let lost = |what: &str| lost(job, what);
        let mut line = &supervisor.line;
        let order = Order {
            grader: rustix::process::getpid().as_raw_nonzero().get(),
            errand,
            mode: self.mode.clone(),
            job: job.clone(),
        };
        let mut order = serde_json::to_vec(&order).map_err(|error| lost(&error.to_string()))?;
        order.push(b'\n');
        line.write_all(&order)
            .map_err(|error| lost(&format!("its supervisor is gone: {error}")))?;
        let held = job.observe.as_ref();
        let held = held.map_or(Duration::ZERO, |observe| observe.options.hold_limit);
        let report = self.wait_for_report(line, job.limits.wall + held + GRACE);
        self.cancellation.check()?;
        match report.map_err(|error| lost(&error.to_string()))? {
            None => Err(lost("its supervisor did not report in time")),
            Some(bytes) => {
                serde_json::from_slice(&bytes).map_err(|_| lost("its supervisor vanished"))
            }
        }
    }

    /// Read until the supervisor closes its end. `None` if it takes too long. When we are asked to
    /// stop, `line` is shut down for writing, which is the word for the supervisor to kill and go.
    fn wait_for_report(
        &self,
        mut line: &UnixStream,
        patience: Duration,
    ) -> io::Result<Option<Vec<u8>>> {
        const GLANCE: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        #[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
        let start = Instant::now();
        let mut report = Vec::new();
        let mut chunk = [0; 16 << 10];
        while start.elapsed() < patience {
            if self.cancellation.signal().is_some() {
                line.shutdown(Shutdown::Write)?;
            }
            match poll(&mut [PollFd::new(&line, PollFlags::IN)], Some(&GLANCE)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            match line.read(&mut chunk)? {
                0 => return Ok(Some(report)),
                n => report.extend_from_slice(&chunk[..n]),
            }
        }
        Ok(None)
    }
}

/// A job of which we do not know what became.
fn lost(job: &Job, why: &str) -> Fault {
    let what = format!("failed to run `{}`", job.program.display());
    Fault::new(FaultKind::Sandbox, what).because(why)
}

/// A report that does not answer what was asked.
fn not_understood(report: Report) -> Fault {
    match report {
        Report::Failed { why, .. } => {
            Fault::new(FaultKind::Sandbox, "failed to try out the sandbox").because(why)
        }
        _ => Fault::new(FaultKind::Internal, "failed to understand a supervisor"),
    }
}

/// An empty folder for a trial.
fn trial_folder() -> Result<tempfile::TempDir, Fault> {
    tempfile::tempdir().map_err(|error| {
        let place = tempfile::env::temp_dir();
        Fault::io(FaultKind::Disk, "make a folder in", &place, &error)
            .hint("choose another place with `--temp-dir DIR`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::nursery::fakes;

    #[test]
    fn a_supervisor_that_is_late_has_time_to_end_its_job() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        // It is told to go, and takes a moment for it.
        let script = format!(
            "read order; cat > /dev/null; sleep 0.3; echo > '{}'",
            mark.display()
        );
        let fault = fakes::with(&script, true, |nursery| {
            let facts = Facts {
                landlock: 0,
                users: Err(String::new()),
                groups: Err(String::new()),
            };
            let sandbox = Sandbox::with_mode(&nursery, Mode::new(Tier::None, &facts));
            sandbox.run(&ability::trial_job(folder.path())).unwrap_err()
        });
        assert!(fault.to_string().contains("vanished"), "{fault}");
        assert!(mark.exists(), "it was killed before it had ended the job");
    }
}
