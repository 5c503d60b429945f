//! Samples one job while it runs, and says which limit it has exceeded.
//!
//! Never kills: the supervisor does.

use std::{
    io,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use evidence::{MemoryBy, Termination, Usage};

use super::{
    cpu_time::CpuTime,
    disk_usage::{self, DiskUsage},
    explain::{
        self, Disks, End, attribute_oom, attribute_task_limit, cpu_limit, disk_limit, memory_limit,
        task_limit,
    },
    procfs,
    shared_limits::SharedLimits,
    shmem::SharedMemory,
};
use crate::{
    host::cgroup::{ExhaustedBy, Group},
    job::Job,
    limits::Limits,
    sys,
};

/// Real time between two samples where a sample is cheap.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// The pause after a sample, as a multiple of the processor time that the sample cost.
const PAUSE: u32 = 10;

/// The longest real time between two samples, however much one costs.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Samples one job.
pub(crate) struct LimitsMonitor<'a> {
    job: &'a Job,
    group: Option<&'a Group>,
    /// What the groups above and the user allow, where the job has no group of its own.
    around: SharedLimits<'a>,
    /// The root of the job's file system in memory, if it has one. Its size is the disk limit.
    tmpfs: Option<OwnedFd>,
    /// How many processes below us are not the job's: one in the full tier, the first of its namespace.
    overhead: u64,
    /// When the processes are added up next.
    next_walk: Instant,
    /// When the folders are added up next.
    next_disk: Instant,
    cpu_time: CpuTime,
    shared: SharedMemory,
    /// The highest memory of all samples, in bytes. Only taken without control groups.
    most_memory: u64,
    /// The highest number of processes and threads of all samples. `None` before the first sample.
    most_tasks: Option<u64>,
    /// The highest number of processes of all samples, with those of the overhead.
    most_processes: usize,
    /// The processor time at the last sample.
    most_cpu: Duration,
    /// How many processes of the whole machine the kernel had killed when this began, because memory was
    /// exhausted.
    oom_kills_before: u64,
}

impl<'a> LimitsMonitor<'a> {
    pub(crate) fn new(
        job: &'a Job,
        group: Option<&'a Group>,
        around: SharedLimits<'a>,
        tmpfs: Option<OwnedFd>,
        overhead: u64,
        now: Instant,
    ) -> Self {
        Self {
            job,
            group,
            around,
            tmpfs,
            overhead,
            next_walk: now + TICK,
            next_disk: now + TICK,
            cpu_time: CpuTime::default(),
            shared: SharedMemory::new(),
            most_memory: 0,
            most_tasks: None,
            most_processes: 0,
            most_cpu: Duration::ZERO,
            oom_kills_before: procfs::oom_kills(),
        }
    }

    fn limits(&self) -> &Limits {
        &self.job.limits
    }

    /// Take the samples that are due. Returns the limit that the job has exceeded, if any.
    pub(crate) fn poll(&mut self, now: Instant) -> io::Result<Option<Termination>> {
        let limits = *self.limits();
        if let Some(group) = self.group {
            if let Some(by) = group.out_of_memory() {
                return attribute_oom(&by, &limits).map(Some);
            }
            if let Some(tasks) = group.tasks_now() {
                self.note_tasks(tasks.saturating_sub(self.overhead));
            }
            if let Some(by) = self.out_of_tasks(group) {
                return attribute_task_limit(&by, &limits).map(Some);
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
        if self.tmpfs_is_full() || (now >= self.next_disk && self.disk_is_full()?) {
            return Ok(Some(disk_limit(&limits)));
        }
        Ok(None)
    }

    fn out_of_tasks(&self, group: &Group) -> Option<ExhaustedBy> {
        group.out_of_tasks(self.most_tasks.map(|tasks| tasks + self.overhead))
    }

    fn note_tasks(&mut self, tasks: u64) {
        self.most_tasks = self.most_tasks.max(Some(tasks));
    }

    /// Add up what `/proc` says of every process below us.
    fn walk(&mut self) -> io::Result<()> {
        let before = sys::own_cpu_time();
        let processes = procfs::descendants()?;
        let tasks = processes.iter().map(|process| process.threads).sum::<u64>();
        self.note_tasks(tasks.saturating_sub(self.overhead));
        self.most_processes = self.most_processes.max(processes.len());
        let cpu = self
            .cpu_time
            .update(processes.iter().map(procfs::cpu_sample));
        self.most_cpu = self.most_cpu.max(cpu);
        if self.group.is_none() {
            let memory = self.memory(&processes);
            self.most_memory = self.most_memory.max(memory);
        }
        self.next_walk = pause(before);
        Ok(())
    }

    /// The memory that the job uses now.
    fn memory(&mut self, processes: &[procfs::Process]) -> u64 {
        let sum = procfs::memory(processes);
        let shared = self.shared.update(processes);
        // The resident part of the shared memory counts in the sum already.
        let others = shared.saturating_sub(sum.shared) + sum.tables + self.tmpfs_used();
        let memory = sum.used.saturating_add(others);
        if memory <= self.limits().memory_bytes || processes.len() < 2 {
            return memory;
        }
        // The sum counts memory that processes share once for each of them.
        let exact = procfs::proportional_memory(processes).unwrap_or(sum.used);
        exact.saturating_add(others)
    }

    /// What the job has written to its file system in memory.
    fn tmpfs_used(&self) -> u64 {
        let tmpfs = self.tmpfs.as_ref().map(rustix::fs::fstatvfs);
        tmpfs.and_then(Result::ok).map_or(0, |tmpfs| {
            let blocks = tmpfs.f_blocks.saturating_sub(tmpfs.f_bfree);
            blocks.saturating_mul(tmpfs.f_frsize)
        })
    }

    fn tmpfs_is_full(&self) -> bool {
        self.tmpfs.as_ref().is_some_and(|tmpfs| {
            rustix::fs::fstatvfs(tmpfs).is_ok_and(|tmpfs| tmpfs.f_bfree == 0 || tmpfs.f_ffree == 0)
        })
    }

    /// Whether the folders that no file system bounds hold too much.
    fn disk_is_full(&mut self) -> io::Result<bool> {
        let before = sys::own_cpu_time();
        let all = self.disk()?;
        self.next_disk = pause(before);
        Ok(self.is_over_limit(all))
    }

    fn is_over_limit(&self, all: DiskUsage) -> bool {
        let limits = self.limits();
        all.bytes > limits.disk_bytes || all.entries > limits.disk_files
    }

    /// What is in the folders that no file system bounds.
    fn disk(&self) -> io::Result<DiskUsage> {
        let limit = self.disk_limit();
        let mut all = DiskUsage::default();
        for folder in &self.job.writable {
            if folder.kept || self.tmpfs.is_none() {
                let used = disk_usage::usage(&folder.path, limit)?;
                all.bytes = all.bytes.saturating_add(used.bytes);
                all.entries = all.entries.saturating_add(used.entries);
                all.longest = all.longest.max(used.longest);
            }
        }
        Ok(all)
    }

    fn disk_limit(&self) -> DiskUsage {
        DiskUsage {
            bytes: self.limits().disk_bytes,
            entries: self.limits().disk_files,
            longest: self.limits().file_bytes,
        }
    }

    /// What is on the disks of a job that has ended so.
    fn disks(&self, ended: Termination) -> io::Result<Disks> {
        let all = self.disk()?;
        let mut disks = Disks {
            over_limit: self.is_over_limit(all),
            tmpfs_full: self.tmpfs_is_full(),
            longest_file: all.longest,
        };
        if let Some(tmpfs) = self.tmpfs.as_ref().filter(|_| !ended.is_success()) {
            let used = disk_usage::usage_of_tmpfs(tmpfs, self.disk_limit())?;
            disks.longest_file = disks.longest_file.max(used.longest);
        }
        Ok(disks)
    }

    /// Why the job was stopped, now that all of it is dead: one that waits for a thread that it was refused never
    /// ends by itself.
    pub(crate) fn reconsider(&self, stopped: Termination) -> io::Result<Termination> {
        let may_wait = matches!(
            stopped,
            Termination::WallLimit { .. } | Termination::CpuLimit { .. } | Termination::Deadlock
        );
        if may_wait && let Some(limit) = self.around.refused_task(stopped, self.most_tasks) {
            return attribute_task_limit(&ExhaustedBy::Limit(limit), self.limits());
        }
        Ok(stopped)
    }

    /// How the job ended, now that all of it is dead: a limit that it ran into explains its end.
    pub(crate) fn explain(&mut self, ended: Termination) -> io::Result<Termination> {
        let mut end = End {
            ended,
            out_of_memory: None,
            out_of_tasks: None,
            cpu: Duration::ZERO,
        };
        if let Some(group) = self.group {
            end.out_of_memory = group.out_of_memory();
            end.out_of_tasks = self.out_of_tasks(group);
            self.most_cpu = group.cpu().unwrap_or(self.most_cpu);
        } else {
            end.out_of_memory = self.out_of_memory_without_group(ended);
        }
        if end.out_of_tasks.is_none() {
            let shared = self.around.refused_task(ended, self.most_tasks);
            end.out_of_tasks = shared.map(ExhaustedBy::Limit);
        }
        let used = sys::children_usage()?;
        end.cpu = self.most_cpu.max(used.user + used.system);
        explain::explain(&end, self.limits(), || self.disks(ended))
    }

    /// Who had exhausted memory if the kernel killed a process of the job, where no group tells it.
    fn out_of_memory_without_group(&self, ended: Termination) -> Option<ExhaustedBy> {
        if !self.may_be_killed(ended) || procfs::oom_kills() <= self.oom_kills_before {
            return None;
        }
        if self.most_memory > self.limits().memory_bytes {
            return Some(ExhaustedBy::Job);
        }
        if let Some(limit) = self.around.too_little_memory() {
            return Some(ExhaustedBy::Limit(limit));
        }
        // Nothing tells whose process the kernel killed. Of all processes on this machine, it kills ours first:
        // their `oom_score_adj` is the highest.
        Some(if self.most_memory > self.limits().memory_bytes / 2 {
            ExhaustedBy::Job
        } else {
            ExhaustedBy::Machine
        })
    }

    /// Whether the job could have ended so because the kernel killed its first process, or another process on
    /// which the first one depends.
    fn may_be_killed(&self, ended: Termination) -> bool {
        let alone = self.most_processes <= 1 + usize::from(self.overhead > 0);
        let signal = libc::SIGKILL;
        ended == Termination::Signaled { signal } || (!alone && !ended.is_success())
    }

    /// What the job used. To be called when all of its processes have been waited for.
    pub(crate) fn usage(
        &self,
        wall: Duration,
        ending: Duration,
        stood_still: Duration,
    ) -> io::Result<Usage> {
        let children = sys::children_usage()?;
        let mut user = children.user;
        // `children` lacks the time of processes that their parents did not wait for. The control group and the
        // samples have it.
        let cpu = self.group.and_then(Group::cpu).unwrap_or(self.most_cpu);
        let hidden = cpu.saturating_sub(children.user + children.system);
        if hidden > TICK {
            user += hidden;
        }
        let by_group = self.group.and_then(Group::peak_memory);
        Ok(Usage {
            wall,
            ending,
            stood_still,
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

/// When to take the next sample after one that began when this process had used the processor time `before`.
fn pause(before: Duration) -> Instant {
    pause_at_least(before, TICK)
}

/// As [`pause`], after a pause of `shortest` at least.
pub(super) fn pause_at_least(before: Duration, shortest: Duration) -> Instant {
    let now = Instant::now();
    let pause = sys::own_cpu_time().saturating_sub(before) * PAUSE;
    now + pause.clamp(shortest, LONGEST_PAUSE)
}
