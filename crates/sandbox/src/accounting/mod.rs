//! What a job uses as a whole, sampled while it runs, and which limit it has passed.
//!
//! From control groups where there are any: a few small files, exact. Otherwise by adding up what
//! `/proc` says of the job's processes (what they share is told apart only once the limit seems
//! passed), of shared memory and of the job's file system in memory: sampled, and so expensive on a busy
//! machine that the pauses between samples are ten times as long as a sample.

pub(crate) mod cpu_time;
pub(crate) mod disk_usage;
pub(crate) mod procfs;
pub(crate) mod shmem;

use std::{
    io,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use evidence::{MemoryBy, Termination, Usage};

use self::{cpu_time::Account, disk_usage::Disk, shmem::Shared};
use crate::{
    host::cgroup::{ExhaustedBy, Group},
    job::Job,
    limits::Limits,
    sys,
};

/// Time between two samples of what is cheap to sample.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// A sample is repeated only after this many times the processor time that it cost.
const PAUSE: u32 = 10;

/// The longest time between two samples, however much one costs.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Samples one job.
pub(crate) struct LimitsMonitor<'a> {
    job: &'a Job,
    group: Option<&'a Group>,
    /// A file system in memory, whose room is the disk limit.
    room: Option<OwnedFd>,
    /// Processes that are not the job's but below us: the first of its namespace.
    overhead: u64,
    next_walk: Instant,
    next_disk: Instant,
    account: Account,
    shared: Shared,
    most_memory: u64,
    most_tasks: Option<u64>,
    most_processes: usize,
    most_cpu: Duration,
    /// Processes that the kernel had killed for want of memory, on the whole machine, when this began.
    kills_for_memory: u64,
}

impl<'a> LimitsMonitor<'a> {
    pub(crate) fn new(
        job: &'a Job,
        group: Option<&'a Group>,
        room: Option<OwnedFd>,
        overhead: u64,
        now: Instant,
    ) -> Self {
        Self {
            job,
            group,
            room,
            overhead,
            next_walk: now + TICK,
            next_disk: now + TICK,
            account: Account::default(),
            shared: Shared::new(),
            most_memory: 0,
            most_tasks: None,
            most_processes: 0,
            most_cpu: Duration::ZERO,
            kills_for_memory: procfs::kills_for_memory(),
        }
    }

    fn limits(&self) -> &Limits {
        &self.job.limits
    }

    /// Take the samples that are due. The limit that has been passed, if any.
    pub(crate) fn poll(&mut self, now: Instant) -> io::Result<Option<Termination>> {
        let limits = *self.limits();
        if let Some(group) = self.group {
            if let Some(by) = group.out_of_memory() {
                return attribute_oom(by, &limits).map(Some);
            }
            if let Some(tasks) = group.tasks_now() {
                self.saw_tasks(tasks.saturating_sub(self.overhead));
            }
            if let Some(by) = self.out_of_tasks(group) {
                return attribute_task_limit(by, &limits).map(Some);
            }
            if let Some(cpu) = group.cpu() {
                self.most_cpu = cpu;
            }
        }
        let counted = self
            .group
            .is_some_and(|group| group.limits_tasks() && group.accounts_cpu());
        if !counted && now >= self.next_walk {
            self.walk()?;
        }
        if self.most_cpu > limits.cpu {
            return Ok(Some(cpu_limit(&limits)));
        }
        if self.group.is_none() && self.most_memory > limits.memory_bytes {
            return Ok(Some(memory_limit(&limits)));
        }
        if self.most_tasks.is_some_and(|tasks| tasks > limits.tasks) {
            return Ok(Some(task_limit(&limits)));
        }
        if self.room_is_full() || (now >= self.next_disk && self.disk_is_full()?) {
            return Ok(Some(disk_limit(&limits)));
        }
        Ok(None)
    }

    fn out_of_tasks(&self, group: &Group) -> Option<ExhaustedBy> {
        group.out_of_tasks(self.most_tasks.map(|tasks| tasks + self.overhead))
    }

    fn saw_tasks(&mut self, tasks: u64) {
        self.most_tasks = self.most_tasks.max(Some(tasks));
    }

    /// Add up what `/proc` says of every process below us.
    fn walk(&mut self) -> io::Result<()> {
        let before = sys::own_cpu_time();
        let processes = procfs::descendants()?;
        let tasks = processes.iter().map(|process| process.threads).sum::<u64>();
        self.saw_tasks(tasks.saturating_sub(self.overhead));
        self.most_processes = self.most_processes.max(processes.len());
        let cpu = self.account.look(processes.iter().map(procfs::spent));
        self.most_cpu = self.most_cpu.max(cpu);
        if self.group.is_none() {
            let memory = self.memory(&processes);
            self.most_memory = self.most_memory.max(memory);
        }
        self.next_walk = pause(before);
        Ok(())
    }

    /// Memory that is held now.
    fn memory(&mut self, processes: &[procfs::Process]) -> u64 {
        let sum = procfs::memory(processes);
        let shared = self.shared.look(processes);
        // What of it is resident counts with the processes.
        let besides = shared.saturating_sub(sum.shared) + sum.tables + self.room_used();
        let memory = sum.held.saturating_add(besides);
        if memory <= self.limits().memory_bytes || processes.len() < 2 {
            return memory;
        }
        // What processes share was counted for each of them.
        let exact = procfs::proportional_memory(processes).unwrap_or(sum.held);
        exact.saturating_add(besides)
    }

    /// What the job has written to its file system in memory.
    fn room_used(&self) -> u64 {
        let room = self.room.as_ref().map(rustix::fs::fstatvfs);
        room.and_then(Result::ok).map_or(0, |room| {
            let blocks = room.f_blocks.saturating_sub(room.f_bfree);
            blocks.saturating_mul(room.f_frsize)
        })
    }

    fn room_is_full(&self) -> bool {
        self.room.as_ref().is_some_and(|room| {
            rustix::fs::fstatvfs(room).is_ok_and(|room| room.f_bfree == 0 || room.f_ffree == 0)
        })
    }

    /// Whether the folders that no file system bounds hold too much.
    fn disk_is_full(&mut self) -> io::Result<bool> {
        let before = sys::own_cpu_time();
        let all = self.disk()?;
        self.next_disk = pause(before);
        let limits = self.limits();
        Ok(all.bytes > limits.disk_bytes || all.entries > limits.disk_files)
    }

    /// What is in the folders that no file system bounds.
    fn disk(&self) -> io::Result<Disk> {
        let limit = self.disk_limit();
        let mut all = Disk::default();
        for place in &self.job.writable {
            if place.kept || self.room.is_none() {
                let used = disk_usage::usage(&place.path, limit)?;
                all.bytes = all.bytes.saturating_add(used.bytes);
                all.entries = all.entries.saturating_add(used.entries);
                all.longest = all.longest.max(used.longest);
            }
        }
        Ok(all)
    }

    fn disk_limit(&self) -> Disk {
        Disk {
            bytes: self.limits().disk_bytes,
            entries: self.limits().disk_files,
            longest: self.limits().file_bytes,
        }
    }

    /// Whether a file is as large as one may be: the next write to it fails.
    fn a_file_is_full(&self) -> io::Result<bool> {
        let mut longest = self.disk()?.longest;
        if let Some(room) = &self.room {
            let used = disk_usage::usage_of_room(room, self.disk_limit())?;
            longest = longest.max(used.longest);
        }
        Ok(longest >= self.limits().file_bytes)
    }

    /// How the job ended, now that all of it is dead: a limit that it ran into explains its end.
    pub(crate) fn explain(&mut self, ended: Termination) -> io::Result<Termination> {
        let limits = *self.limits();
        if let Some(group) = self.group {
            if let Some(by) = group.out_of_memory() {
                return attribute_oom(by, &limits);
            }
            if let Some(by) = self.out_of_tasks(group) {
                return attribute_task_limit(by, &limits);
            }
            self.most_cpu = group.cpu().unwrap_or(self.most_cpu);
        } else if self.may_be_killed(ended) && procfs::kills_for_memory() > self.kills_for_memory {
            // Nobody tells whose process it was. Of all on this machine, ours offer themselves first.
            let used_much = self.most_memory > limits.memory_bytes / 2;
            let exhausted = if used_much {
                ExhaustedBy::Job
            } else {
                ExhaustedBy::Machine
            };
            return attribute_oom(exhausted, &limits);
        }
        let used = sys::children_usage()?;
        let cpu = self.most_cpu.max(used.user + used.system);
        Ok(match ended {
            Termination::Signaled { signal } if signal == libc::SIGXFSZ => {
                Termination::FileSizeLimit {
                    limit_bytes: limits.file_bytes,
                }
            }
            Termination::Signaled { signal }
                if signal == libc::SIGXCPU || (signal == libc::SIGKILL && cpu >= limits.cpu) =>
            {
                cpu_limit(&limits)
            }
            // A program whose write failed may end in any way, as by a panic or an abort.
            Termination::Exited { .. } | Termination::Signaled { .. } => {
                if self.disk_is_full()? || (!ended.is_success() && self.room_is_full()) {
                    disk_limit(&limits)
                } else if !ended.is_success() && self.a_file_is_full()? {
                    Termination::FileSizeLimit {
                        limit_bytes: limits.file_bytes,
                    }
                } else {
                    ended
                }
            }
            other => other,
        })
    }

    /// Whether an end could be that of a process which the kernel killed for want of memory: its own, or
    /// one that follows from another's.
    fn may_be_killed(&self, ended: Termination) -> bool {
        let alone = self.most_processes <= 1 + usize::from(self.overhead > 0);
        let signal = libc::SIGKILL;
        ended == Termination::Signaled { signal } || (!alone && !ended.is_success())
    }

    /// What all of it used. Called when all of it has been waited for.
    pub(crate) fn usage(&self, wall: Duration, ending: Duration) -> io::Result<Usage> {
        let children = sys::children_usage()?;
        let mut user = children.user;
        // A process that does not wait for its children hides what they used from us, but not from its
        // control group or from a sample.
        let cpu = self.group.and_then(Group::cpu).unwrap_or(self.most_cpu);
        let hidden = cpu.saturating_sub(children.user + children.system);
        if hidden > TICK {
            user += hidden;
        }
        let by_group = self.group.and_then(Group::peak_memory);
        Ok(Usage {
            wall,
            ending,
            user,
            system: children.system,
            peak_memory_bytes: by_group
                .unwrap_or_else(|| self.most_memory.max(children.peak_memory_bytes)),
            memory_by: match (self.group, by_group) {
                (Some(group), Some(_)) => group.version(),
                _ => MemoryBy::Polling,
            },
            voluntary_switches: children.voluntary_switches,
            involuntary_switches: children.involuntary_switches,
            most_tasks: self.most_tasks,
        })
    }
}

/// When to look again after a look that began when we had used `before`.
fn pause(before: Duration) -> Instant {
    let now = Instant::now();
    let pause = sys::own_cpu_time().saturating_sub(before) * PAUSE;
    now + pause.clamp(TICK, LONGEST_PAUSE)
}

pub(crate) fn limit_ms(limit: Duration) -> u64 {
    u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)
}

fn cpu_limit(limits: &Limits) -> Termination {
    Termination::CpuLimit {
        limit_ms: limit_ms(limits.cpu),
    }
}

/// What it means that the kernel killed a process of the job for want of memory.
fn attribute_oom(by: ExhaustedBy, limits: &Limits) -> io::Result<Termination> {
    match by {
        ExhaustedBy::Job => Ok(memory_limit(limits)),
        ExhaustedBy::Machine => Err(io::Error::other(
            "this machine ran out of memory, and the kernel killed a process of it",
        )),
    }
}

/// What it means that the kernel did not let the job make a process or a thread.
fn attribute_task_limit(by: ExhaustedBy, limits: &Limits) -> io::Result<Termination> {
    match by {
        ExhaustedBy::Job => Ok(task_limit(limits)),
        ExhaustedBy::Machine => Err(io::Error::other(
            "it could make no more processes or threads, because of a limit that it shares with others",
        )),
    }
}

fn memory_limit(limits: &Limits) -> Termination {
    Termination::MemoryLimit {
        limit_bytes: limits.memory_bytes,
    }
}

fn task_limit(limits: &Limits) -> Termination {
    Termination::TaskLimit {
        limit: limits.tasks,
    }
}

fn disk_limit(limits: &Limits) -> Termination {
    Termination::DiskLimit {
        limit_bytes: limits.disk_bytes,
        limit_files: limits.disk_files,
    }
}
