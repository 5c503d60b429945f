//! The supervisor: starts the job, watches it, kills what is left of it, and responds.
//!
//! Runs in a process of its own with one thread. Never trusts the job: its output is bytes with a bound, its
//! end is what the kernel says, and every wait ends whatever the job does.

pub(crate) mod capture;
pub(crate) mod identity;
pub(crate) mod kill;
mod standing;
pub(crate) mod stream;
mod watch;

use std::{
    io::{self, Read, Write},
    os::fd::{AsFd, OwnedFd},
    process::ExitCode,
};

use evidence::{Execution, Termination};
use rustix::thread::CpuSet;

use self::{
    kill::KillScope,
    stream::Stream,
    watch::{Ended, LostTime, Sources, watch},
};
use crate::{
    accounting::{
        disk_usage, explain::Shortage, limits_monitor::LimitsMonitor, procfs,
        progress::ProgressMonitor, shared_limits::SharedLimits,
    },
    bpf::Filter,
    client::{
        protocol::{Ran, Request, SupervisorRequest, SupervisorResponse},
        zygote,
    },
    error::{Failure, SentStepError, Step, StepError, StepResult},
    host::{cgroup::Group, facts::Facts},
    job::Stage,
    monitor::Monitor,
    rule::Setup,
    spawn::{self, Launch, Started},
    sys,
    tier::Tier,
};

/// Be the zygote. In each of its copies, be a supervisor: read a request from standard input, carry it out, and
/// write the response to standard output.
pub(crate) fn supervise<M: Monitor>() -> ExitCode {
    match zygote::serve() {
        Ok(true) => {}
        Ok(false) => return ExitCode::SUCCESS,
        // The client sees that the zygote is gone, and starts another one.
        Err(_) => return ExitCode::FAILURE,
    }
    let response = receive()
        .map_err(StepError::failed(Step::ReadRequest))
        .and_then(|request| carry_out::<M>(&request));
    let response = match response {
        Ok(Some(response)) => response,
        // The client is gone: nobody reads a response.
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => SupervisorResponse::Failed(SentStepError::from(&error)),
    };
    let sent = serde_json::to_vec(&response)
        .map_err(io::Error::from)
        .and_then(|bytes| io::stdout().write_all(&bytes))
        .and_then(|()| io::stdout().flush());
    // So the client does not wait until the kernel has freed this process.
    let _ = rustix::net::shutdown(io::stdout(), rustix::net::Shutdown::Both);
    if sent.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Read the request, which is one line. Standard input stays open, because its end means that the client is
/// gone.
fn receive<C: serde::de::DeserializeOwned>() -> io::Result<SupervisorRequest<C>> {
    let mut line = Vec::new();
    let mut chunk = [0; 4096];
    let mut stdin = io::stdin().lock();
    while line.last() != Some(&b'\n') {
        match stdin.read(&mut chunk)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => line.extend_from_slice(&chunk[..n]),
        }
    }
    Ok(serde_json::from_slice(&line)?)
}

fn carry_out<M: Monitor>(
    request: &SupervisorRequest<M::Config>,
) -> StepResult<Option<SupervisorResponse<M::Report>>> {
    match request.request {
        Request::Facts => Ok(Some(SupervisorResponse::Facts(Facts::find(request.client)))),
        Request::Run => {
            let ran = run::<M>(request)?;
            Ok(ran.map(|ran| SupervisorResponse::Ran(Box::new(ran))))
        }
        Request::Trial => Ok(run::<M>(request)?.map(|_| SupervisorResponse::Held)),
    }
}

fn run<M: Monitor>(request: &SupervisorRequest<M::Config>) -> StepResult<Option<Ran<M::Report>>> {
    let SupervisorRequest {
        job,
        mode,
        request: kind,
        client,
        monitor,
    } = request;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).map_err(unprepared)?;
    // Before this process stays on one of them. If the kernel does not tell, no job is moved.
    let processors = rustix::thread::sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
    if let Some(processor) = job.processor {
        stay_on(processor);
    }
    let hidden = sys::set_not_dumpable();
    if mode.tier > Tier::None {
        hidden.map_err(StepError::unsupported(Step::HideSupervisor))?;
    }
    let scope = if mode.tier == Tier::Confined && mode.keeps(Setup::SupervisorScope) {
        let confined = kill::confine_own_signals(*client);
        Some(confined.map_err(StepError::unsupported(Step::ConfineSignals))?)
    } else {
        None
    };

    let lease = mode.claim_user().map_err(unprepared)?;
    let user = lease.as_ref().map(|lease| lease.id);
    if let Some(user) = user {
        for folder in &job.writable {
            disk_usage::chown_tree(&folder.path, user)
                .map_err(Failure::at("change the owner of", &folder.path))
                .map_err(unprepared)?;
        }
    }
    let monitor_filter = monitor.as_ref().map(M::filter);
    if job.may_connect && !monitor_filter.as_ref().is_some_and(decides_connections) {
        let error = io::Error::other("no monitor answers every attempt of the job to connect");
        return Err(StepError::failed(Step::InstallMonitor)(error));
    }
    let group = mode.make_group(job).map_err(unprepared)?;
    let launch = Launch {
        job,
        mode,
        user,
        most_tasks: most_tasks(request, user).map_err(unprepared)?,
        group: group.as_ref(),
        monitor_filter,
        trial: *kind == Request::Trial,
    };
    let ran = spawn::start(&launch)
        .and_then(|started| follow::<M>(&launch, request, started, scope, processors));
    // Also when the job failed: a group that cannot be removed has a process in it.
    let removed = group.as_ref().map_or(Ok(()), Group::remove);
    let ran = ran?;
    removed.map_err(StepError::failed(Step::Kill))?;
    Ok(ran)
}

/// Whether the kernel carries out no `connect` on its own under a monitor's filter. A job that may connect has no other
/// protection against it where Landlock knows no ports.
fn decides_connections(filter: &Filter) -> bool {
    u32::try_from(libc::SYS_connect).is_ok_and(|number| filter.always_answers(number))
}

/// A step failed; or the surroundings did not give the job what its limits grant, which is a step of its own.
fn failed_at(step: Step) -> impl Fn(io::Error) -> StepError {
    move |error| {
        let step = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(Shortage::Tasks { .. }) => Step::GrantTasks,
            Some(Shortage::Memory { .. }) => Step::GrantMemory,
            Some(Shortage::Processor { .. }) => Step::GrantProcessor,
            None => step,
        };
        StepError::failed(step)(error)
    }
}

/// Run on this processor from now on, with all processes that are started. Where the kernel refuses it (the
/// processor may have been taken away since the caller chose it), they run on all.
fn stay_on(processor: u32) {
    let mut only = CpuSet::new();
    if let Ok(processor) = usize::try_from(processor)
        && processor < CpuSet::MAX_CPU
    {
        only.set(processor);
        let _ = rustix::thread::sched_setaffinity(None, &only);
    }
}

/// The supervisor could not be prepared.
fn unprepared(error: impl Into<Failure>) -> StepError {
    StepError::failed(Step::Prepare)(error)
}

/// The value for `RLIMIT_NPROC`. The kernel counts all tasks of a user for it. So it is exact where only the
/// job runs as the user, and roughly right where we know how many other tasks the user has.
fn most_tasks<C>(request: &SupervisorRequest<C>, user: Option<u32>) -> io::Result<Option<u64>> {
    let most = request.job.limits.tasks + spawn::SLACK;
    Ok(match request.mode.tier {
        Tier::None => None,
        Tier::Full => Some(most),
        Tier::Confined | Tier::Weak if user.is_some() => Some(most),
        // The kernel exempts root from this limit.
        _ if rustix::process::getuid().is_root() => None,
        _ => Some(beside_others(
            procfs::tasks_of_user()?,
            most,
            request.mode.at_once,
        )),
    })
}

/// The same value where other jobs run as the same user, of which some may start later: each may have as many tasks
/// as this one. One more, since other tasks of this user may come meanwhile.
fn beside_others(used: u64, most: u64, at_once: u64) -> u64 {
    used.saturating_add(at_once.max(1).saturating_add(1).saturating_mul(most))
}

/// Watch a job that has started, kill all of it, and say what happened. `None` if the client is gone.
fn follow<M: Monitor>(
    launch: &Launch<'_>,
    request: &SupervisorRequest<M::Config>,
    started: Started,
    scope: Option<KillScope>,
    processors: CpuSet,
) -> StepResult<Option<Ran<M::Report>>> {
    let &Launch {
        job,
        mode,
        user,
        group,
        ..
    } = launch;
    let Started {
        child,
        pidfd,
        control,
        streams: [out, err],
        tmpfs,
        listener,
        refusal,
        at,
    } = started;
    let watching = failed_at(Step::Watch);
    let mut streams = [out, err].map(Stream::new);
    let overhead = u64::from(mode.tier == Tier::Full);
    let shared = SharedLimits::before(&mode.above, group, &job.limits);
    let mut limits_monitor = LimitsMonitor::new(job, group, shared, tmpfs, overhead, at);

    // The first process of a namespace is not the job's.
    let overhead_process = control.as_ref().map(|_| child.as_raw_nonzero().get());
    let is_run = job.stage == Stage::Run;
    let progress = ProgressMonitor::new(at, processors, overhead_process, is_run);
    let mut lost = LostTime::new(at, progress);
    let mut monitor = None;
    let mut borrowed = None;
    let attached = identity::borrow(launch)
        .map_err(StepError::failed(Step::AttachMonitor))
        .and_then(|identity| {
            borrowed = identity;
            attach::<M>(request, listener, child)
        });
    let watched = attached.and_then(|attached| {
        monitor = attached;
        if let Some(error) = refusal {
            return Ok(Ended::Stopped(Termination::NotStarted { error }));
        }
        let sources = Sources::new(pidfd.as_fd(), control.as_ref());
        watch(
            request,
            &sources,
            &mut streams,
            &mut limits_monitor,
            monitor.as_mut(),
            at,
            &mut lost,
        )
        .map_err(&watching)
    });
    let wall = at.elapsed();
    let standing = match &watched {
        Ok(ended) if is_run && ended.may_have_waited() => standing::of_job(overhead_process),
        _ => Vec::new(),
    };
    // In a namespace the killed processes are not counted, so count those that are alive before.
    let others = matches!(watched, Ok(Ended::Exited { others: true, .. })) && control.is_some();
    let alive = others.then(kill::count_alive).unwrap_or(Ok(0));
    let scope = if control.is_some() {
        KillScope::Namespace(pidfd)
    } else {
        scope.unwrap_or_else(|| user.map_or(KillScope::Proc, KillScope::User))
    };
    if !matches!(scope, KillScope::Scope) {
        // Otherwise what kills the processes of the job's user would kill this one as well.
        borrowed = None;
    }
    // Also when something failed before: no process may be left.
    let dead = kill::kill_all(child, &scope).map_err(StepError::failed(Step::Kill))?;
    drop(borrowed);
    let ending = at.elapsed().saturating_sub(wall);
    let ended = watched?;
    for stream in &mut streams {
        stream.drain().map_err(&watching)?;
    }
    let left_behind = if control.is_some() {
        // The first process of the namespace is not the job's.
        alive.map_err(&watching)?.saturating_sub(1)
    } else {
        dead.killed
    };
    let measuring = failed_at(Step::Measure);
    let own = if control.is_some() { None } else { dead.status };
    let Some(termination) = explained(&ended, own, &mut limits_monitor).map_err(&measuring)? else {
        return Ok(None);
    };
    let [stdout, stderr] = streams;
    let execution = Execution {
        termination,
        stdout: stdout.capture.finish(),
        stderr: stderr.capture.finish(),
        usage: limits_monitor
            .usage(wall, ending, lost.standstill.total())
            .map_err(&measuring)?,
        left_behind,
        standing,
        observation: None,
    };
    Ok(Some(Ran {
        execution,
        monitored: monitor.map(M::finish),
    }))
}

/// How the job ended. `own` is the status of our child, where that is the job's first process. `None` if the client
/// is gone.
fn explained(
    ended: &Ended,
    own: Option<i32>,
    limits_monitor: &mut LimitsMonitor<'_>,
) -> io::Result<Option<Termination>> {
    let status = match ended {
        Ended::ClientGone => return Ok(None),
        Ended::Stopped(termination) => return limits_monitor.reconsider(*termination).map(Some),
        Ended::Exited { status, .. } => *status,
    };
    let ended = match status.or(own) {
        Some(status) => termination_of(status)?,
        // Without a message from the first process of the namespace, that process is dead. Only the kernel can
        // have killed it, because memory was exhausted.
        None => Termination::Signaled {
            signal: libc::SIGKILL,
        },
    };
    limits_monitor.explain(ended).map(Some)
}

/// Start the monitor, if the job has one. The job's first reported call waits until the monitor answers it.
fn attach<M: Monitor>(
    request: &SupervisorRequest<M::Config>,
    listener: Option<OwnedFd>,
    child: rustix::process::Pid,
) -> StepResult<Option<M>> {
    match (&request.monitor, listener, request.request) {
        (Some(config), Some(listener), Request::Run) => M::attach(config.clone(), listener, child)
            .map(Some)
            .map_err(StepError::failed(Step::AttachMonitor)),
        _ => Ok(None),
    }
}

fn termination_of(status: i32) -> io::Result<Termination> {
    if libc::WIFEXITED(status) {
        return Ok(Termination::Exited {
            code: libc::WEXITSTATUS(status),
        });
    }
    if libc::WIFSIGNALED(status) {
        return Ok(Termination::Signaled {
            signal: libc::WTERMSIG(status),
        });
    }
    Err(io::Error::other(
        "the process ended neither by exit nor by a signal",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_refused_no_task_that_it_is_granted_because_others_have_theirs() {
        assert_eq!(beside_others(5, 1000, 1), 2005);
        for at_once in [1, 2, 8, 64] {
            // All the others start after it, and have all that they are granted.
            assert!(beside_others(5, 1000, at_once) >= 5 + at_once * 1000);
        }
        assert_eq!(beside_others(5, 1000, u64::MAX), u64::MAX);
    }
}
