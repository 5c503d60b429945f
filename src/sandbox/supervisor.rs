//! The supervisor's side: start the job, watch it, kill what is left, report.
//!
//! Runs in a process of its own with one thread. Never trusts the job: its output is bytes with a
//! bound, its end is what the kernel says, and waiting is never for the job's good will.

use std::{
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    process::ExitCode,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use super::{
    ability,
    cgroup::Group,
    channel::{Channel, Word},
    disk,
    job::{Errand, Order, Report},
    kill::{self, Reach},
    launch::{self, Launch, Started},
    meter::{Meter, TICK, limit_ms},
    nursery,
    observer::{self, Observer},
    stream::Stream,
    tree,
};
use crate::course::Tier;
use evidence::{Execution, Observed, Termination};

/// The hidden first argument by which this program knows that it is to supervise.
pub const SUPERVISOR_ARGUMENT: &str = "__supervise";

/// Be the nursery of supervisors; in each of its copies be one: read an order from standard input, carry
/// it out, write the report to standard output.
#[must_use]
pub fn supervise() -> ExitCode {
    match nursery::tend() {
        Ok(true) => {}
        Ok(false) => return ExitCode::SUCCESS,
        // Whoever asked sees us gone.
        Err(_) => return ExitCode::FAILURE,
    }
    let report = match receive().and_then(|order| carry_out(&order)) {
        Ok(Some(report)) => report,
        // The grader is gone: nobody reads a report.
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => Report::Failed {
            why: error.to_string(),
            fence: launch::is_not_held(&error),
        },
    };
    let sent = serde_json::to_vec(&report)
        .map_err(io::Error::from)
        .and_then(|bytes| io::stdout().write_all(&bytes))
        .and_then(|()| io::stdout().flush());
    // The grader need not wait until the kernel has taken us apart.
    let _ = rustix::net::shutdown(io::stdout(), rustix::net::Shutdown::Both);
    if sent.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Read the one line that is the order. Standard input stays open: its end means that the grader is
/// gone.
fn receive() -> io::Result<Order> {
    let mut line = Vec::new();
    let mut byte = [0; 4096];
    let mut stdin = io::stdin().lock();
    while line.last() != Some(&b'\n') {
        match stdin.read(&mut byte)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => line.extend_from_slice(&byte[..n]),
        }
    }
    Ok(serde_json::from_slice(&line)?)
}

fn carry_out(order: &Order) -> io::Result<Option<Report>> {
    match order.errand {
        Errand::Facts => Ok(Some(Report::Facts(ability::find_facts(order.grader)))),
        Errand::Run => Ok(run(order)?.map(|execution| Report::Ran(Box::new(execution)))),
        Errand::Trial => Ok(run(order)?.map(|_| Report::Held)),
    }
}

/// Why the watching ended.
enum Ended {
    /// The job's first process, with its status if we have it already, and whether others are alive.
    ByItself {
        status: Option<i32>,
        others: bool,
    },
    /// A limit; or nothing ran at all.
    ByUs(Termination),
    GraderGone,
}

fn run(order: &Order) -> io::Result<Option<Execution>> {
    let Order {
        job,
        mode,
        errand,
        grader,
    } = order;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let hidden =
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    if mode.tier > Tier::None {
        hidden.map_err(|error| launch::not_held("hide this process")(error.into()))?;
    }
    let scope = if mode.tier == Tier::Confined && mode.keeps("supervisor-scope") {
        let confined = kill::confine_own_signals(*grader);
        Some(confined.map_err(launch::not_held("confine signals"))?)
    } else {
        None
    };

    let claimed = mode.claim_user()?;
    let user = claimed.as_ref().map(|claimed| claimed.id);
    if let Some(user) = user {
        for place in &job.writable {
            disk::give(&place.path, user)?;
        }
    }
    let group = mode.group(job)?;
    let install = || observer::filter::install();
    let observer = launch::Observer { install: &install };
    let launch = Launch {
        job,
        mode,
        user,
        most_tasks: most_tasks(order, user)?,
        group: group.as_ref(),
        observer: job.observe.as_ref().map(|_| &observer),
        trial: *errand == Errand::Trial,
    };
    let execution =
        launch::start(&launch).and_then(|started| follow(&launch, order, started, scope));
    // Whatever happened: a group that cannot be removed has something in it.
    let removed = group.as_ref().map_or(Ok(()), Group::remove);
    let execution = execution?;
    removed?;
    Ok(execution)
}

/// `RLIMIT_NPROC`, which counts by user, so it is of use where the job's user is the job's alone, and
/// nearly so where we know how many tasks the user has besides.
fn most_tasks(order: &Order, user: Option<u32>) -> io::Result<Option<u64>> {
    let most = order.job.limits.tasks + launch::SLACK;
    Ok(match order.mode.tier {
        Tier::None => None,
        Tier::Full => Some(most),
        Tier::Confined | Tier::Weak if user.is_some() => Some(most),
        // The kernel exempts root from this limit.
        _ if rustix::process::getuid().is_root() => None,
        // Others of this user's come and go meanwhile, other jobs among them.
        _ => Some(tree::tasks_of_user()? + 2 * most),
    })
}

/// Watch a job that has started, end all of it, and say what happened.
fn follow(
    launch: &Launch<'_>,
    order: &Order,
    started: Started,
    scope: Option<Reach>,
) -> io::Result<Option<Execution>> {
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
        disk,
        listener,
        refusal,
        at,
    } = started;
    let mut streams = [Stream::new(out)?, Stream::new(err)?];
    let overhead = u64::from(mode.tier == Tier::Full);
    let mut meter = Meter::new(job, group, disk, overhead, at);

    let mut observer = None;
    let watched = observe(order, listener, child).and_then(|watching| {
        observer = watching;
        if let Some(error) = refusal {
            return Ok(Ended::ByUs(Termination::NotStarted { error }));
        }
        let sources = Sources {
            pidfd: pidfd.as_fd(),
            control: control.as_ref(),
        };
        watch(
            order,
            &sources,
            &mut streams,
            &mut meter,
            observer.as_mut(),
            at,
        )
    });
    let wall = at.elapsed();
    let mut left_behind = 0;
    if let (Some(_), Ok(Ended::ByItself { others: true, .. })) = (&control, &watched) {
        left_behind = kill::count_alive()?.saturating_sub(1);
    }
    let reach = match (&control, scope) {
        (Some(_), _) => Reach::Namespace(pidfd),
        (None, Some(scope)) => scope,
        (None, None) => user.map_or(Reach::Proc, Reach::User),
    };
    // Also when watching failed: nothing may be left.
    let dead = kill::kill_all(child, &reach)?;
    let ending = at.elapsed().saturating_sub(wall);
    let ended = watched?;
    for stream in &mut streams {
        stream.drain()?;
    }
    if control.is_none() {
        left_behind = dead.killed;
    }
    let termination = match ended {
        Ended::GraderGone => return Ok(None),
        Ended::ByUs(termination) => termination,
        Ended::ByItself { status, .. } => {
            let own = if control.is_some() { None } else { dead.status };
            match status.or(own) {
                Some(status) => meter.explain(ended_by_itself(status)?)?,
                // The first of its namespace was killed by the kernel; only for want of memory.
                None => meter.explain(Termination::Signaled {
                    signal: libc::SIGKILL,
                })?,
            }
        }
    };
    let [stdout, stderr] = streams;
    Ok(Some(Execution {
        termination,
        stdout: stdout.capture.finish(),
        stderr: stderr.capture.finish(),
        usage: meter.usage(wall, ending)?,
        left_behind,
        observation: observer.map(|observer| Observed::Seen(Box::new(observer.finish()))),
    }))
}

/// The observer of a job that wants one. It must be there before the job's first call is answered.
fn observe(
    order: &Order,
    listener: Option<OwnedFd>,
    child: rustix::process::Pid,
) -> io::Result<Option<Observer>> {
    match (&order.job.observe, listener, order.errand) {
        (Some(observe), Some(listener), Errand::Run) => {
            Observer::new(listener, child, &observe.data, observe.options.clone()).map(Some)
        }
        _ => Ok(None),
    }
}

fn ended_by_itself(status: i32) -> io::Result<Termination> {
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

/// What tells of the job's end.
struct Sources<'a> {
    pidfd: BorrowedFd<'a>,
    control: Option<&'a Channel>,
}

/// Wait for the first process's end, taking in its output and answering its calls, until a limit or the
/// grader's end.
fn watch(
    order: &Order,
    sources: &Sources<'_>,
    streams: &mut [Stream; 2],
    meter: &mut Meter<'_>,
    mut observer: Option<&mut Observer>,
    start: Instant,
) -> io::Result<Ended> {
    let limits = &order.job.limits;
    let mut next_look = start + TICK;
    let mut called = false;
    loop {
        if let Some(observer) = observer.as_deref_mut()
            && (called || observer.next_deadline() == Some(Duration::ZERO))
        {
            let open = streams.iter().filter(|stream| !stream.closed);
            let outputs: Vec<_> = open.map(|stream| stream.pipe.as_fd()).collect();
            observer.serve(&outputs)?;
        }
        // What passes while we hold it is our time, not the program's.
        let held = observer
            .as_deref()
            .map_or(Duration::ZERO, Observer::held_for);
        let spent = start.elapsed().saturating_sub(held);
        let Some(left) = limits
            .wall
            .checked_sub(spent)
            .filter(|left| !left.is_zero())
        else {
            return Ok(Ended::ByUs(Termination::WallLimit {
                limit_ms: limit_ms(limits.wall),
            }));
        };
        #[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
        let now = Instant::now();
        if now >= next_look {
            if let Some(termination) = meter.look(now)? {
                return Ok(Ended::ByUs(termination));
            }
            next_look = now + TICK;
        }
        let mut sleep = left
            .min(next_look.saturating_duration_since(now))
            .max(Duration::from_micros(100));
        if let Some(deadline) = observer.as_deref().and_then(Observer::next_deadline) {
            sleep = sleep.min(deadline);
        }
        let [ended, told, grader, out, err, calls] =
            wait(sources, streams, observer.as_deref(), sleep)?;
        called = calls;
        for (stream, ready) in streams.iter_mut().zip([out, err]) {
            if ready {
                stream.read_once()?;
            }
            if stream.capture.total() > limits.output_bytes {
                return Ok(Ended::ByUs(Termination::OutputLimit {
                    limit_bytes: limits.output_bytes,
                }));
            }
        }
        if grader {
            return Ok(Ended::GraderGone);
        }
        if told
            && let Some(control) = sources.control
            && let Some((Word::Ended { status, others }, _)) = control.hear()?
        {
            return Ok(Ended::ByItself {
                status: Some(status),
                others,
            });
        }
        if ended || told {
            return Ok(Ended::ByItself {
                status: None,
                others: false,
            });
        }
    }
}

/// Wait until something happens: our child ended, it told us something, the grader went, output came on
/// either stream, a call waits for the observer.
fn wait(
    sources: &Sources<'_>,
    streams: &[Stream; 2],
    observer: Option<&Observer>,
    sleep: Duration,
) -> io::Result<[bool; 6]> {
    let stdin = io::stdin();
    // A closed pipe is always ready: what is left out is never ready.
    let sources: [Option<BorrowedFd<'_>>; 6] = [
        Some(sources.pidfd),
        sources.control.map(AsFd::as_fd),
        Some(stdin.as_fd()),
        (!streams[0].closed).then(|| streams[0].pipe.as_fd()),
        (!streams[1].closed).then(|| streams[1].pipe.as_fd()),
        observer.and_then(Observer::as_fd),
    ];
    let mut fds: Vec<PollFd<'_>> = sources
        .iter()
        .flatten()
        .map(|&fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
        .collect();
    let timeout = Timespec::try_from(sleep).map_err(io::Error::other)?;
    match poll(&mut fds, Some(&timeout)) {
        Ok(0) | Err(Errno::INTR) => return Ok([false; 6]),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    let mut results = fds.iter().map(|fd| !fd.revents().is_empty());
    Ok(sources.map(|source| source.is_some() && results.next().unwrap_or(false)))
}
