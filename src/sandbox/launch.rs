//! Start a job's first process, fenced in.
//!
//! # Theory of operation
//!
//! The supervisor copies itself; the copy gives up one ability after the other and at last becomes the
//! job's program. In between it says over a [`Channel`] what failed, so that a fence that does not hold
//! is a fault and never a job without it. The channel closes by itself when the program starts.
//!
//! In the full tier there is one process more between the two: the first of a process namespace, which
//! builds the view, starts the job, takes in orphans, and reports the job's end. When it dies, the
//! kernel kills whatever is left in the namespace.
//!
//! The order matters, and each step has its reason beside it in `become_the_job`. The supervisor stays
//! outside of all of it, as owner of the job's user namespace, so it can read what `/proc` says of any
//! thread of the job.

use std::{
    ffi::CString,
    fmt, fs, io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use rustix::{
    process::{Pid, PidfdFlags, Signal},
    thread::{CapabilitySet, CapabilitySets},
};

use super::{
    cgroup::Group,
    channel::{Channel, Word},
    job::{Job, Mode, Stage},
    landlock::{self, AllowedPaths},
    os, rlimits,
    rule::{Namespace, Step},
    seccomp, view,
};
use crate::spec::Tier;

/// The kernel's flag for a namespace of the full tier.
const fn flag(namespace: Namespace) -> i32 {
    match namespace {
        Namespace::User => libc::CLONE_NEWUSER,
        Namespace::Process => libc::CLONE_NEWPID,
        Namespace::Mount => libc::CLONE_NEWNS,
        Namespace::Network => libc::CLONE_NEWNET,
        Namespace::Ipc => libc::CLONE_NEWIPC,
        Namespace::HostName => libc::CLONE_NEWUTS,
    }
}

/// Tasks beyond the limit that `RLIMIT_NPROC` leaves, so that whoever counts sees the limit passed
/// before the kernel refuses: only then do we know that it was hit.
pub(super) const SLACK: u64 = 64;

/// Puts a notifying filter on a job, whose reports the supervisor will read.
///
/// The place for it is between `no_new_privs`, without which no filter may be installed, and the filter
/// that refuses, which refuses to install filters. Both filters see every call and the stricter answer
/// wins: what the second refuses is refused whatever the observer says. From here on the job's own
/// calls of the kinds observed wait for an answer; what follows makes none but `seccomp` and `execve`.
pub(super) struct Observer<'a> {
    /// Runs in the new process; returns the descriptor that reports are read from.
    pub(super) install: &'a dyn Fn() -> io::Result<OwnedFd>,
}

/// All that a start needs to know.
pub(super) struct Launch<'a> {
    pub(super) job: &'a Job,
    pub(super) mode: &'a Mode,
    /// The user that the job runs as, where that is not us.
    pub(super) user: Option<u32>,
    /// `RLIMIT_NPROC`, where it counts something that we know.
    pub(super) most_tasks: Option<u64>,
    pub(super) group: Option<&'a Group>,
    pub(super) observer: Option<&'a Observer<'a>>,
    /// Whether to stop right before the program would start: a trial of the fences.
    pub(super) trial: bool,
}

/// A job that has started.
pub(super) struct Started {
    /// Our child: the job's first process, or the first of its namespace.
    pub(super) child: Pid,
    pub(super) pidfd: OwnedFd,
    /// Tells of the job's end, where the child is not the job.
    pub(super) control: Option<Channel>,
    pub(super) streams: [OwnedFd; 2],
    /// The file system whose room is the job's disk limit.
    pub(super) disk: Option<OwnedFd>,
    /// What the observer's filter reports to.
    pub(super) listener: Option<OwnedFd>,
    /// The error by which the system refused to start the program, if it did: then nothing ran.
    pub(super) refusal: Option<i32>,
    pub(super) at: Instant,
}

/// Start the job. If this fails, nothing of it is running.
pub(super) fn start(launch: &Launch<'_>) -> io::Result<Started> {
    let full = launch.mode.tier == Tier::Full;
    let (birth, their_birth) = Channel::pair()?;
    let (control, their_control) = Channel::pair()?;
    let pipe = || rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC);
    let ((out, their_out), (err, their_err)) = (pipe()?, pipe()?);
    let read_write = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC;
    let null = rustix::fs::open("/dev/null", read_write, rustix::fs::Mode::empty())?;
    let inside = Inside {
        launch,
        birth: their_birth,
        streams: [null, their_out, their_err],
    };
    let birthplace = launch.group.map_or(Ok(None), Group::birthplace)?;
    let doors = launch.group.map_or_else(|| Ok(Vec::new()), Group::doors)?;

    let namespaces = Namespace::ALL
        .iter()
        .filter(|&&namespace| full && launch.mode.keeps(namespace))
        .fold(0, |all, &namespace| all | flag(namespace));
    let child = match os::copy_process(namespaces, birthplace.as_ref()) {
        Ok(Some(child)) => child,
        Ok(None) => {
            drop((birth, control));
            inside.run(doors, their_control)
        }
        Err(error) => {
            return Err(if full {
                not_held("make namespaces")(error)
            } else {
                failed("make a process")(error)
            });
        }
    };
    drop((inside, their_control, doors));
    let greeted = rustix::process::pidfd_open(child, PidfdFlags::empty())
        .map_err(io::Error::from)
        .and_then(|pidfd| Ok((pidfd, greet(launch, &birth, child)?)));
    match greeted {
        Ok((
            pidfd,
            Greeted {
                disk,
                listener,
                refusal,
                at,
            },
        )) => Ok(Started {
            child,
            pidfd,
            control: full.then_some(control),
            streams: [out, err],
            disk,
            listener,
            refusal,
            at,
        }),
        Err(error) => {
            let _ = rustix::process::kill_process(child, Signal::KILL);
            while os::wait_any(true).is_ok() {}
            Err(error)
        }
    }
}

/// What the new process told.
struct Greeted {
    disk: Option<OwnedFd>,
    listener: Option<OwnedFd>,
    refusal: Option<i32>,
    at: Instant,
}

/// The time of the clock that `Instant` reads, in nanoseconds.
fn monotonic() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Answer the new process until it is the job's program.
fn greet(launch: &Launch<'_>, birth: &Channel, child: Pid) -> io::Result<Greeted> {
    let (mut disk, mut listener, mut starting, mut refusal) = (None, None, None, None);
    while let Some((word, fd)) = birth.hear()? {
        match word {
            Word::Waiting => {
                if launch.mode.tier == Tier::Full {
                    name_users(child, launch.user)
                        .map_err(not_held("name users in a namespace"))?;
                }
                birth.say(&Word::Go)?;
            }
            Word::Disk => disk = fd,
            Word::Listener => listener = fd,
            Word::Starting(at) => starting = Some(at),
            Word::NotStarted(error) => refusal = Some(error),
            Word::Failed { why, fence: true } => return Err(io::Error::other(NotHeld(why))),
            Word::Failed { why, fence: false } => return Err(io::Error::other(why)),
            Word::Go | Word::Ended { .. } => {
                return Err(io::Error::other("the new process said what it must not"));
            }
        }
    }
    if listener.is_none() && launch.observer.is_some() {
        return Err(io::Error::other("no listener came from the new process"));
    }
    #[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
    let now = Instant::now();
    let ago = starting.map_or(0, |at| monotonic().saturating_sub(at));
    Ok(Greeted {
        disk,
        listener,
        refusal,
        at: now.checked_sub(Duration::from_nanos(ago)).unwrap_or(now),
    })
}

/// Say who is who in the child's user namespace: ourselves, and the job's user if it has its own.
fn name_users(child: Pid, user: Option<u32>) -> io::Result<()> {
    let child = child.as_raw_nonzero();
    let write = |file: &str, text: String| fs::write(format!("/proc/{child}/{file}"), text);
    let own_user = rustix::process::geteuid().as_raw();
    let own_group = rustix::process::getegid().as_raw();
    if let Some(user) = user {
        let line = |own: u32| format!("{own} {own} 1\n{user} {user} 1\n");
        write("uid_map", line(own_user))?;
        write("gid_map", line(own_group))
    } else {
        // Without rights outside, one may name only oneself, and only after giving up to change groups.
        write("setgroups", "deny".into())?;
        write("uid_map", format!("{own_user} {own_user} 1\n"))?;
        write("gid_map", format!("{own_group} {own_group} 1\n"))
    }
}

/// The new process's side.
struct Inside<'a> {
    launch: &'a Launch<'a>,
    birth: Channel,
    /// To become standard input, output and error.
    streams: [OwnedFd; 3],
}

impl Inside<'_> {
    /// Go on as the new process. Never returns, and never unwinds into the supervisor's code.
    fn run(self, doors: Vec<fs::File>, control: Channel) -> ! {
        let done = catch_unwind(AssertUnwindSafe(|| {
            if let Err(error) = self.first(doors, control) {
                self.birth
                    .say_failed(&error.to_string(), is_not_held(&error));
            }
        }));
        os::exit_now(if done.is_ok() { 126 } else { 125 });
    }

    /// Wait to be let in, and be the job or the first process of its namespace. Returns only on failure.
    fn first(&self, doors: Vec<fs::File>, control: Channel) -> io::Result<()> {
        let dumpable = rustix::process::DumpableBehavior::Dumpable;
        // Otherwise the supervisor, if it is nobody special, could not name our users.
        rustix::process::set_dumpable_behavior(dumpable)?;
        self.birth.say(&Word::Waiting)?;
        if !matches!(self.birth.hear()?, Some((Word::Go, _))) {
            return Err(io::Error::other("not let in"));
        }
        Group::enter(doors).map_err(failed("enter a control group"))?;
        // If memory runs out on this machine, take us and not the grader. Best effort: a limit of the
        // job's own comes first.
        let _ = fs::write("/proc/self/oom_score_adj", "1000");
        let view = view::of(self.launch.job);
        if self.launch.mode.tier != Tier::Full {
            drop(control);
            return self.become_the_job(&view);
        }
        die_with_parent()?;
        let entered = view::enter(self.launch.job, &view, self.launch.user);
        if let Some(disk) = entered.map_err(as_not_held)? {
            self.birth.give(&Word::Disk, disk.as_fd())?;
        }
        match os::copy_process(0, None).map_err(failed("make a process"))? {
            None => {
                drop(control);
                self.become_the_job(&view)
            }
            Some(job) => {
                // Everything that the job's start is known by must be held by the job alone.
                let nothing = self.streams[0].as_fd();
                for fd in [
                    self.birth.as_fd(),
                    self.streams[1].as_fd(),
                    self.streams[2].as_fd(),
                ] {
                    os::replace(fd, nothing)?;
                }
                Self::take_in_orphans(job, &control)
            }
        }
    }

    /// Be the first process of a namespace: wait for all that ends, and say when the job has.
    fn take_in_orphans(job: Pid, control: &Channel) -> io::Result<()> {
        loop {
            match os::wait_any(true) {
                Ok(Some((pid, status))) if pid == job.as_raw_nonzero().get() => {
                    // An error means that there are no other children: they have all ended.
                    let others = loop {
                        match os::wait_any(false) {
                            Ok(Some(_)) => {}
                            Ok(None) => break true,
                            Err(_) => break false,
                        }
                    };
                    control.say(&Word::Ended { status, others })?;
                    // Until the supervisor kills us and all who are left, or goes.
                    let _ = control.hear();
                    os::exit_now(0);
                }
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Give up everything, and become the program. Returns only on failure.
    fn become_the_job(&self, view: &AllowedPaths) -> io::Result<()> {
        let Launch { job, mode, .. } = self.launch;
        let keep = |rule: Step| mode.keeps(rule);
        let fenced = mode.tier > Tier::None;
        if keep(Step::Session) {
            // No terminal, no signals from one, no group shared with us.
            rustix::process::setsid().map_err(failed_no("leave the session"))?;
        }
        os::reset_signals();
        rustix::stdio::dup2_stdin(&self.streams[0])?;
        rustix::stdio::dup2_stdout(&self.streams[1])?;
        rustix::stdio::dup2_stderr(&self.streams[2])?;
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        rlimits::set(&job.limits, self.launch.most_tasks, mode.without)
            .map_err(failed_no("set limits"))?;
        if fenced {
            self.drop_rights().map_err(not_held("give up rights"))?;
        }
        if (fenced || self.launch.observer.is_some()) && keep(Step::NoNewPrivileges) {
            // Before any filter, the observer's too. Also: no program that runs as somebody else.
            rustix::thread::set_no_new_privs(true)
                .map_err(|error| not_held("forbid new privileges")(error.into()))?;
        }
        if keep(Step::ParentDeath) {
            // After the change of user, which takes it back.
            die_with_parent()?;
        }
        if fenced {
            // After the view is built, since it forbids to mount.
            landlock::restrict(view, mode.landlock, mode.without)
                .map_err(not_held("put Landlock's rules in force"))?;
        }
        rustix::process::chdir(&job.folder).map_err(failed_no("enter the folder"))?;
        if keep(Step::Descriptors) {
            os::close_on_exec_from(3).map_err(failed("close descriptors"))?;
        }
        // All that allocates or opens happens before anybody watches or refuses.
        let words = words(job, keep(Step::Environment))?;
        let filter = fenced.then(|| {
            let process = rustix::process::getpid()
                .as_raw_nonzero()
                .get()
                .unsigned_abs();
            seccomp::filter(job.stage, mode.tier, process, mode.without)
        });
        if let Some(observer) = self.launch.observer {
            let listener = (observer.install)().map_err(not_held("install the observer"))?;
            self.birth.give(&Word::Listener, listener.as_fd())?;
        }
        if let Some(filter) = filter {
            os::install_filter(&filter, os::Listener::None)
                .map_err(not_held("install the filter"))?;
        }
        if self.launch.trial {
            os::exit_now(0);
        }
        // Said by the process itself: the supervisor may be late to see it.
        self.birth.say(&Word::Starting(monotonic()))?;
        let mut patience = 500;
        loop {
            let error = os::exec(&words.program, &words.arguments, &words.environment);
            // Whoever has just written the program may have lent the descriptor to a process that it was
            // starting at that moment, and which lets go of it in the next.
            if error.raw_os_error() == Some(libc::ETXTBSY) && patience > 0 {
                patience -= 1;
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            match error.raw_os_error() {
                // A submission's program may be such that nothing can start it. A compiler is ours.
                Some(number) if job.stage == Stage::Run => {
                    self.birth.say(&Word::NotStarted(number))?;
                    os::exit_now(126);
                }
                _ => return Err(failed("start the program")(error)),
            }
        }
    }

    /// Become the job's user, if it has one, without groups; hold no capability.
    fn drop_rights(&self) -> io::Result<()> {
        let Launch {
            job, mode, user, ..
        } = *self.launch;
        let mut left = CapabilitySet::empty();
        if let Some(user) = user {
            // A toolchain in root's own folder can be reached by root only. In the full tier the view
            // gives the way to it; elsewhere a compiler may look everywhere, and Landlock says where.
            let held = rustix::thread::capabilities(None)?.permitted;
            if job.stage == Stage::Build && mode.tier != Tier::Full {
                left = held & CapabilitySet::DAC_READ_SEARCH;
            }
            let id = rustix::process::Uid::from_raw(user);
            let group = rustix::process::Gid::from_raw(user);
            rustix::thread::set_thread_groups(&[])?;
            rustix::thread::set_thread_res_gid(group, group, group)?;
            if !left.is_empty() {
                // Kept across the change of user, and counted by `access` too, by which gcc finds ld.
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
        if !mode.keeps(Step::Capabilities) {
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
struct Words {
    program: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

fn words(job: &Job, only_its_own: bool) -> io::Result<Words> {
    let program = CString::new(job.program.as_os_str().as_bytes())?;
    let mut arguments = vec![program.clone()];
    for argument in &job.arguments {
        arguments.push(CString::new(argument.as_bytes())?);
    }
    let mut environment = Vec::new();
    for (name, value) in &job.environment {
        environment.push(CString::new(format!("{name}={value}"))?);
    }
    if !only_its_own {
        for (name, value) in std::env::vars() {
            environment.push(CString::new(format!("{name}={value}"))?);
        }
    }
    Ok(Words {
        program,
        arguments,
        environment,
    })
}

fn die_with_parent() -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(failed_no("be tied to the parent"))
}

/// A fence that does not hold here. Of all failures the only one that speaks for a lower tier.
#[derive(Debug)]
pub(super) struct NotHeld(String);

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotHeld {}

/// Whether an error says that a fence does not hold here.
pub(super) fn is_not_held(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<NotHeld>)
}

/// As [`failed`], for a step that is a fence. What the machine was only short of says nothing about it.
pub(super) fn not_held(verb: &str) -> impl Fn(io::Error) -> io::Error {
    move |error| match error.raw_os_error() {
        Some(libc::EMFILE | libc::ENFILE) => failed(verb)(error),
        _ => as_not_held(failed(verb)(error)),
    }
}

fn as_not_held(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::OutOfMemory | io::ErrorKind::WouldBlock => error,
        kind => io::Error::new(kind, NotHeld(error.to_string())),
    }
}

fn failed(verb: &str) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("failed to {verb}: {error}"))
}

fn failed_no(verb: &str) -> impl Fn(rustix::io::Errno) -> io::Error {
    move |error| failed(verb)(error.into())
}

#[cfg(test)]
mod tests {
    use std::{path::Path, process::Command};

    use super::*;
    use crate::sandbox::{ability, bpf};

    /// The hook itself, in a process with one thread: this test program, run again.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test")]
    fn an_observers_listener_reaches_the_supervisor_before_the_program_starts() {
        let name = "sandbox::launch::tests::install_and_receive";
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                name,
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("1 passed"), "{text}\n{output:?}");
    }

    #[test]
    #[ignore = "needs a process with one thread; run by the test above"]
    fn install_and_receive() {
        // Reports one call, which nothing here makes, and allows the rest.
        let filter = bpf::Filter {
            cases: vec![bpf::Case {
                number: u32::try_from(libc::SYS_sched_get_priority_max).unwrap(),
                conditions: Vec::new(),
                answer: bpf::Answer::Notify,
            }],
            ..bpf::Filter::default()
        };
        let filter = filter.assemble();
        let install = || {
            let wait_killable = true;
            os::install_filter(&filter, os::Listener::Notify { wait_killable })?
                .ok_or_else(|| io::Error::other("no listener"))
        };
        let observer = Observer { install: &install };
        let facts = ability::find_facts(std::process::id().cast_signed());
        for tier in [Tier::Weak, Tier::Confined, Tier::Full] {
            let mode = Mode::new(tier, &facts);
            let folder = tempfile::tempdir().unwrap();
            let job = ability::trial_job(Path::new(folder.path()));
            let started = start(&Launch {
                job: &job,
                mode: &mode,
                user: None,
                most_tasks: None,
                group: None,
                observer: Some(&observer),
                trial: true,
            });
            let started = match started {
                Ok(started) => started,
                // Not everywhere does every tier hold; where it does not, it says so.
                Err(error) if tier != Tier::Weak => {
                    assert!(error.to_string().contains("failed to"), "{tier}: {error}");
                    continue;
                }
                Err(error) => panic!("{error}"),
            };
            let listener = started.listener.as_ref().unwrap();
            let fd = std::os::fd::AsRawFd::as_raw_fd(listener);
            let kind = fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
            assert!(
                kind.to_string_lossy().contains("seccomp notify"),
                "{kind:?}"
            );
            let _ = rustix::process::kill_process(started.child, Signal::KILL);
            while os::wait_any(true).is_ok() {}
        }
    }
}
