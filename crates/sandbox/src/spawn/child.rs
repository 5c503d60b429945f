//! The new process of a job: it gives up its rights one by one, and becomes the job's program.
//!
//! If a step fails, the process says over the handshake channel which one, and exits. It is a copy of the
//! supervisor, but never returns or unwinds into the supervisor's code.

use std::{
    ffi::CString,
    fs, io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use rustix::{
    event::{Timespec, poll},
    process::{Pid, Signal},
    thread::{CapabilitySet, CapabilitySets},
};

use super::{
    channel::{Channel, Message},
    landlock::{self, AllowedPaths},
    launch::Launch,
    rlimits, rootfs, seccomp,
};
use crate::{
    bpf::Filter,
    error::{Failure, Step, StepError, StepResult},
    host::cgroup::Group,
    job::{Job, Stage},
    rule::Setup,
    sys,
    tier::Tier,
};

/// How often the start is repeated of a program that is still open for writing.
const EXEC_RETRIES: u32 = 500;

/// Real time between two starts of such a program.
const EXEC_RETRY_PAUSE: Duration = Duration::from_millis(1);

/// The new process.
pub(super) struct Child<'a> {
    pub(super) launch: &'a Launch<'a>,
    pub(super) handshake: Channel,
    /// The descriptors that become standard input, output and error.
    pub(super) streams: [OwnedFd; 3],
    /// What the job reads from standard input, in the place of nothing.
    pub(super) input: Option<OwnedFd>,
}

impl Child<'_> {
    /// Go on as the new process. Never returns or unwinds into the supervisor's code.
    pub(super) fn run(self, tasks_files: Vec<fs::File>, control: Channel) -> ! {
        let done = catch_unwind(AssertUnwindSafe(|| {
            if let Err(error) = self.first(tasks_files, control) {
                self.handshake.send_failure(&error);
            }
        }));
        sys::exit_now(if done.is_ok() { 126 } else { 125 });
    }

    /// Wait for the supervisor, then be the job or the first process of its namespace. Returns only on failure.
    fn first(&self, tasks_files: Vec<fs::File>, control: Channel) -> StepResult<()> {
        let dumpable = rustix::process::DumpableBehavior::Dumpable;
        // Otherwise a supervisor that is not root could not write the maps of our user namespace.
        rustix::process::set_dumpable_behavior(dumpable).map_err(other)?;
        self.handshake.send(&Message::Waiting).map_err(other)?;
        let answer = self.handshake.recv().map_err(other)?;
        if !matches!(answer, Some((Message::Go, _))) {
            return Err(other(io::Error::other("the supervisor did not answer")));
        }
        Group::enter(tasks_files).map_err(StepError::failed(Step::EnterCgroup))?;
        // If memory runs out on this machine, the kernel kills the job and not the client. An error does not
        // matter: usually the job reaches its own limit first.
        let _ = fs::write("/proc/self/oom_score_adj", "1000");
        let paths = rootfs::allowed_paths(self.launch.job);
        if self.launch.mode.tier != Tier::Full {
            drop(control);
            return self.restrict_and_exec(&paths);
        }
        die_with_parent()?;
        let entered = rootfs::pivot_into(self.launch.job, &paths, self.launch.user);
        if let Some(tmpfs) = entered.map_err(StepError::unsupported(Step::BuildRoot))? {
            self.handshake
                .send_with_fd(&Message::Tmpfs, tmpfs.as_fd())
                .map_err(other)?;
        }
        match sys::copy_process(0, None).map_err(StepError::failed(Step::MakeProcess))? {
            None => {
                drop(control);
                self.restrict_and_exec(&paths)
            }
            Some(job) => {
                // The supervisor learns from closed descriptors that the program has started and that it has
                // closed its output. So this process must not hold copies of them.
                let null = self.streams[0].as_fd();
                for fd in [
                    self.handshake.as_fd(),
                    self.streams[1].as_fd(),
                    self.streams[2].as_fd(),
                ] {
                    sys::replace(fd, null).map_err(other)?;
                }
                Self::run_as_init(job, &control)
            }
        }
    }

    /// Be the first process of a namespace: reap every process that ends, and report the end of the job.
    fn run_as_init(job: Pid, control: &Channel) -> StepResult<()> {
        loop {
            match sys::wait_any(true) {
                Ok(Some((pid, status))) if pid == job.as_raw_nonzero().get() => {
                    // An error means that there are no other children left.
                    let others = loop {
                        match sys::wait_any(false) {
                            Ok(Some(_)) => {}
                            Ok(None) => break true,
                            Err(_) => break false,
                        }
                    };
                    control
                        .send(&Message::Ended { status, others })
                        .map_err(other)?;
                    // Wait until the supervisor kills this process, and with it the namespace, or exits.
                    let _ = control.recv();
                    sys::exit_now(0);
                }
                Ok(_) => {}
                Err(error) => return Err(other(error)),
            }
        }
    }

    /// Give up all rights that the job must not have, and become the program. Returns only on failure.
    fn restrict_and_exec(&self, paths: &AllowedPaths) -> StepResult<()> {
        let Launch { job, mode, .. } = self.launch;
        let keep = |rule: Setup| mode.keeps(rule);
        let restricted = mode.tier > Tier::None;
        if keep(Setup::Session) {
            // The job has no terminal, gets no signals from one, and shares no process group with us.
            rustix::process::setsid().map_err(StepError::failed(Step::LeaveSession))?;
        }
        sys::reset_signals();
        let input = self.input.as_ref().unwrap_or(&self.streams[0]);
        rustix::stdio::dup2_stdin(input).map_err(other)?;
        rustix::stdio::dup2_stdout(&self.streams[1]).map_err(other)?;
        rustix::stdio::dup2_stderr(&self.streams[2]).map_err(other)?;
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        rlimits::set(&job.limits, self.launch.most_tasks, mode.without)
            .map_err(StepError::failed(Step::SetLimits))?;
        if restricted {
            self.drop_privileges()
                .map_err(StepError::unsupported(Step::DropPrivileges))?;
        }
        if (restricted || self.launch.monitor_filter.is_some()) && keep(Setup::NoNewPrivileges) {
            // The kernel requires it before any filter, also the monitor's. It also makes sure that no program
            // that the job starts runs as another user.
            rustix::thread::set_no_new_privs(true)
                .map_err(StepError::unsupported(Step::ForbidPrivileges))?;
        }
        if keep(Setup::ParentDeath) {
            // After the change of user, because that resets it.
            die_with_parent()?;
        }
        if restricted {
            // After the root is built, because Landlock forbids to mount.
            landlock::restrict(paths, mode.landlock, mode.without)
                .map_err(StepError::unsupported(Step::RestrictByLandlock))?;
        }
        rustix::process::chdir(&job.folder).map_err(StepError::failed(Step::EnterFolder))?;
        if keep(Setup::Descriptors) {
            sys::close_on_exec_from(3).map_err(StepError::failed(Step::CloseDescriptors))?;
        }
        // What allocates memory or opens files comes before any filter reports or refuses calls.
        let exec = exec_args(job, keep(Setup::Environment))
            .map_err(StepError::failed(Step::StartProgram))?;
        let monitor_filter = self.launch.monitor_filter.as_ref().map(Filter::assemble);
        let filter = restricted.then(|| {
            let process = rustix::process::getpid()
                .as_raw_nonzero()
                .get()
                .unsigned_abs();
            let kind = seccomp::JobKind {
                stage: job.stage,
                tier: mode.tier,
                may_connect: job.may_connect,
            };
            seccomp::filter(kind, process, mode.without)
        });
        if let Some(filter) = monitor_filter {
            let listener =
                install_notifying(&filter).map_err(StepError::unsupported(Step::InstallMonitor))?;
            self.handshake
                .send_with_fd(&Message::Listener, listener.as_fd())
                .map_err(other)?;
        }
        if let Some(filter) = filter {
            sys::install_filter(&filter, sys::Listener::None)
                .map_err(StepError::unsupported(Step::InstallFilter))?;
        }
        if self.launch.trial {
            sys::exit_now(0);
        }
        // The process itself sends the time, because the supervisor may read the message late.
        let now = sys::monotonic_ns();
        self.handshake
            .send(&Message::Starting(now))
            .map_err(other)?;
        let mut tries_left = EXEC_RETRIES;
        loop {
            let error = sys::exec(&exec.program, &exec.arguments, &exec.environment);
            // The program is still open for writing somewhere: a process that was forked while the program was
            // being written inherited the descriptor, and closes it when it starts its own program.
            if error.raw_os_error() == Some(libc::ETXTBSY) && tries_left > 0 {
                tries_left -= 1;
                // A sleep may be a call that the monitor is to answer, and it answers none before the program runs.
                let pause = Timespec::try_from(EXEC_RETRY_PAUSE).ok();
                let _ = poll(&mut [], pause.as_ref());
                continue;
            }
            match error.raw_os_error() {
                // The program of a run may be a file that the system cannot start, which is the job's own end.
                // The program of a build is ours, so there it is an error.
                Some(number) if job.stage == Stage::Run => {
                    self.handshake
                        .send(&Message::NotStarted(number))
                        .map_err(other)?;
                    sys::exit_now(126);
                }
                _ => return Err(StepError::failed(Step::StartProgram)(error)),
            }
        }
    }

    /// Become the job's user, if it has one, without supplementary groups, and give up all capabilities.
    fn drop_privileges(&self) -> io::Result<()> {
        let Launch {
            job, mode, user, ..
        } = *self.launch;
        let mut left = CapabilitySet::empty();
        if let Some(user) = user {
            // Only root can reach a toolchain in root's home folder. In the full tier, the job's root file
            // system has it. In the other tiers, a compiler keeps the capability to read any file, and
            // Landlock restricts it to the paths that it was given.
            let held = rustix::thread::capabilities(None)?.permitted;
            if job.stage == Stage::Build && mode.tier != Tier::Full {
                left = held & CapabilitySet::DAC_READ_SEARCH;
            }
            let id = rustix::process::Uid::from_raw(user);
            let group = rustix::process::Gid::from_raw(user);
            rustix::thread::set_thread_groups(&[])?;
            rustix::thread::set_thread_res_gid(group, group, group)?;
            if !left.is_empty() {
                // Keeps the capability across the change of user. `access`, by which gcc finds ld, respects it
                // too.
                let bits = rustix::thread::CapabilitiesSecureBits::NO_SETUID_FIXUP;
                rustix::thread::set_capabilities_secure_bits(bits)?;
            }
            rustix::thread::set_thread_res_uid(id, id, id)?;
        }
        let sets = CapabilitySets {
            effective: left,
            permitted: left,
            inheritable: left,
        };
        if !mode.keeps(Setup::Capabilities) {
            return Ok(());
        }
        rustix::thread::clear_ambient_capability_set()?;
        rustix::thread::set_capabilities(None, sets)?;
        if !left.is_empty() {
            rustix::thread::configure_capability_in_ambient_set(left, true)?;
        }
        Ok(())
    }
}

/// The program, its arguments and its environment as the kernel takes them.
struct ExecArgs {
    program: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

fn exec_args(job: &Job, own_environment_only: bool) -> io::Result<ExecArgs> {
    let program = CString::new(job.program.as_os_str().as_bytes())?;
    let mut arguments = vec![program.clone()];
    for argument in &job.arguments {
        arguments.push(CString::new(argument.as_bytes())?);
    }
    let mut environment = Vec::new();
    for (name, value) in &job.environment {
        environment.push(CString::new(format!("{name}={value}"))?);
    }
    if !own_environment_only {
        for (name, value) in std::env::vars() {
            environment.push(CString::new(format!("{name}={value}"))?);
        }
    }
    Ok(ExecArgs {
        program,
        arguments,
        environment,
    })
}

/// Install a filter that reports calls, and return the descriptor that they are reported to.
///
/// # Errors
/// `EBUSY`: another filter of this process has a listener. `EINVAL`, `ENOSYS`: the kernel cannot do it.
fn install_notifying(filter: &[libc::sock_filter]) -> io::Result<OwnedFd> {
    let install = |wait_killable| {
        let listener = sys::Listener::Notify { wait_killable };
        sys::install_filter(filter, listener)?.ok_or_else(|| io::Error::other("no listener"))
    };
    // If only a deadly signal interrupts a held call, a program with a timer does not restart its calls for
    // ever.
    match install(true) {
        // A kernel before 5.19 does not support that. There the program repeats a call that a signal
        // interrupted, and the monitor recognises the call by its thread.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => install(false),
        result => result,
    }
}

/// A failure of the channel to the supervisor, or of a call on which no layer rests.
fn other(error: impl Into<Failure>) -> StepError {
    StepError::failed(Step::Handshake)(error)
}

fn die_with_parent() -> StepResult<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(StepError::failed(Step::TieToParent))
}
