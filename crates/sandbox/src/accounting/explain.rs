//! Decides which limit a job exceeded, and whether its end is due to a limit. Pure: it computes with facts that
//! the limits monitor has found.
//!
//! Never looks at a process, a folder or a clock.

use std::{io, time::Duration};

use evidence::Termination;

use crate::{host::cgroup::ExhaustedBy, limits::Limits};

/// What is known about a job that has ended, beside what is on its disks.
#[derive(Debug, Clone)]
pub(super) struct End {
    /// How its first process ended.
    pub(super) ended: Termination,
    /// Who had exhausted memory when the kernel killed a process of the job; `None` if it killed none.
    pub(super) out_of_memory: Option<ExhaustedBy>,
    /// Whose limit kept the job from making a process or a thread; `None` if none did.
    pub(super) out_of_tasks: Option<ExhaustedBy>,
    /// Processor time of all its processes.
    pub(super) cpu: Duration,
}

/// What is known about the files of a job that has ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Disks {
    /// Whether the folders that no file system bounds hold more than the job may write.
    pub(super) over_limit: bool,
    /// Whether the job's file system in memory is full.
    pub(super) tmpfs_full: bool,
    /// The length of the longest file that the job may have written.
    pub(super) longest_file: u64,
}

/// How the job ended: a limit that it ran into explains its end. Calls `disks` only if nothing else explains
/// it.
///
/// # Errors
/// Not the job but the machine, or other processes on it, had too little; or `disks` failed.
pub(super) fn explain(
    end: &End,
    limits: &Limits,
    disks: impl FnOnce() -> io::Result<Disks>,
) -> io::Result<Termination> {
    if let Some(by) = &end.out_of_memory {
        return attribute_oom(by, limits);
    }
    if let Some(by) = &end.out_of_tasks {
        return attribute_task_limit(by, limits);
    }
    match end.ended {
        Termination::Signaled { signal } if signal == libc::SIGXFSZ => Ok(file_size_limit(limits)),
        Termination::Signaled { signal }
            if signal == libc::SIGXCPU || (signal == libc::SIGKILL && end.cpu >= limits.cpu) =>
        {
            Ok(cpu_limit(limits))
        }
        ended @ (Termination::Exited { .. } | Termination::Signaled { .. }) => {
            let disks = disks()?;
            // A program whose write failed may end in any way, as by a panic or an abort.
            let failed = !ended.is_success();
            Ok(if disks.over_limit || (failed && disks.tmpfs_full) {
                disk_limit(limits)
            } else if failed && disks.longest_file >= limits.file_bytes {
                file_size_limit(limits)
            } else {
                ended
            })
        }
        other => Ok(other),
    }
}

/// What the job was short of although its limits grant it. It travels inside of an [`io::Error`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Shortage {
    /// Processes and threads.
    #[error("the kernel refused it a process or a thread, because of {limit}")]
    Tasks {
        /// Whose limit it was.
        limit: String,
    },
    /// Memory.
    #[error("the kernel killed a process of the job, because of {limit}")]
    Memory {
        /// What was exhausted.
        limit: String,
    },
    /// Any processor.
    #[error("it could run, and other programs had the processors for more than {seconds} s")]
    Processor {
        /// For how long, in seconds.
        seconds: u64,
    },
}

impl From<Shortage> for io::Error {
    fn from(shortage: Shortage) -> Self {
        Self::other(shortage)
    }
}

/// What it means that the kernel killed a process of the job because memory was exhausted.
pub(super) fn attribute_oom(by: &ExhaustedBy, limits: &Limits) -> io::Result<Termination> {
    match by {
        ExhaustedBy::Job => Ok(memory_limit(limits)),
        ExhaustedBy::Machine => Err(Shortage::Memory {
            limit: "a limit that it shares with others, or the machine's memory".to_owned(),
        }
        .into()),
        ExhaustedBy::Limit(limit) => Err(Shortage::Memory {
            limit: limit.clone(),
        }
        .into()),
    }
}

/// What it means that the kernel did not let the job make a process or a thread.
pub(super) fn attribute_task_limit(by: &ExhaustedBy, limits: &Limits) -> io::Result<Termination> {
    match by {
        ExhaustedBy::Job => Ok(task_limit(limits)),
        ExhaustedBy::Machine => Err(Shortage::Tasks {
            limit: "a limit that it shares with others".to_owned(),
        }
        .into()),
        ExhaustedBy::Limit(limit) => Err(Shortage::Tasks {
            limit: limit.clone(),
        }
        .into()),
    }
}

/// A time limit in whole milliseconds, as terminations name it.
pub(crate) fn limit_ms(limit: Duration) -> u64 {
    u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn cpu_limit(limits: &Limits) -> Termination {
    Termination::CpuLimit {
        limit_ms: limit_ms(limits.cpu),
    }
}

pub(super) fn memory_limit(limits: &Limits) -> Termination {
    Termination::MemoryLimit {
        limit_bytes: limits.memory_bytes,
    }
}

pub(super) fn task_limit(limits: &Limits) -> Termination {
    Termination::TaskLimit {
        limit: limits.tasks,
    }
}

pub(super) fn disk_limit(limits: &Limits) -> Termination {
    Termination::DiskLimit {
        limit_bytes: limits.disk_bytes,
        limit_files: limits.disk_files,
    }
}

fn file_size_limit(limits: &Limits) -> Termination {
    Termination::FileSizeLimit {
        limit_bytes: limits.file_bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        wall: Duration::from_secs(10),
        cpu: Duration::from_secs(2),
        memory_bytes: 1 << 20,
        tasks: 8,
        open_files: 16,
        file_bytes: 1000,
        disk_bytes: 5000,
        disk_files: 10,
        output_bytes: 100,
    };

    const EXITED: Termination = Termination::Exited { code: 0 };
    const FAILED: Termination = Termination::Exited { code: 101 };

    fn signaled(signal: i32) -> Termination {
        Termination::Signaled { signal }
    }

    fn end(ended: Termination) -> End {
        End {
            ended,
            out_of_memory: None,
            out_of_tasks: None,
            cpu: Duration::from_secs(1),
        }
    }

    fn by_disks(ended: Termination, disks: Disks) -> Termination {
        explain(&end(ended), &LIMITS, || Ok(disks)).unwrap()
    }

    #[test]
    fn an_end_without_a_limit_is_what_the_kernel_said() {
        let disks = Disks {
            longest_file: LIMITS.file_bytes - 1,
            ..Disks::default()
        };
        for ended in [
            EXITED,
            FAILED,
            signaled(libc::SIGSEGV),
            signaled(libc::SIGKILL),
        ] {
            assert_eq!(by_disks(ended, disks), ended);
        }
    }

    #[test]
    fn what_the_job_exhausted_explains_any_end_and_what_others_exhausted_is_an_error() {
        for ended in [
            EXITED,
            FAILED,
            signaled(libc::SIGKILL),
            signaled(libc::SIGXCPU),
        ] {
            let shared = ExhaustedBy::Limit("a limit".to_owned());
            for (by, is_ours) in [
                (ExhaustedBy::Job, false),
                (ExhaustedBy::Machine, true),
                (shared, true),
            ] {
                let memory = End {
                    out_of_memory: Some(by.clone()),
                    out_of_tasks: Some(ExhaustedBy::Job),
                    ..end(ended)
                };
                let tasks = End {
                    out_of_tasks: Some(by),
                    ..end(ended)
                };
                for (end, limit) in [
                    (memory, memory_limit(&LIMITS)),
                    (tasks, task_limit(&LIMITS)),
                ] {
                    let explained = explain(&end, &LIMITS, || panic!("no disk is looked at"));
                    match explained {
                        Ok(explained) => assert!(!is_ours && explained == limit, "{end:?}"),
                        Err(_) => assert!(is_ours, "{end:?}"),
                    }
                }
            }
        }
    }

    #[test]
    fn a_kill_is_the_processor_time_limit_only_if_the_time_was_used_up() {
        let killed = |signal, cpu| {
            let end = End {
                cpu,
                ..end(signaled(signal))
            };
            explain(&end, &LIMITS, || Ok(Disks::default())).unwrap()
        };
        let (enough, less) = (LIMITS.cpu, LIMITS.cpu / 2);
        assert_eq!(killed(libc::SIGKILL, enough), cpu_limit(&LIMITS));
        assert_eq!(killed(libc::SIGKILL, less), signaled(libc::SIGKILL));
        assert_eq!(killed(libc::SIGXCPU, less), cpu_limit(&LIMITS));
        assert_eq!(killed(libc::SIGTERM, enough), signaled(libc::SIGTERM));
        assert_eq!(killed(libc::SIGXFSZ, enough), file_size_limit(&LIMITS));
    }

    #[test]
    fn full_disks_explain_failures_and_folders_over_their_limit_every_end() {
        let (over, full, long) = (
            Disks {
                over_limit: true,
                ..Disks::default()
            },
            Disks {
                tmpfs_full: true,
                ..Disks::default()
            },
            Disks {
                longest_file: LIMITS.file_bytes,
                ..Disks::default()
            },
        );
        for failed in [FAILED, signaled(libc::SIGABRT)] {
            assert_eq!(by_disks(failed, over), disk_limit(&LIMITS));
            assert_eq!(by_disks(failed, full), disk_limit(&LIMITS));
            assert_eq!(by_disks(failed, long), file_size_limit(&LIMITS));
        }
        assert_eq!(by_disks(EXITED, over), disk_limit(&LIMITS));
        assert_eq!(by_disks(EXITED, full), EXITED);
        assert_eq!(by_disks(EXITED, long), EXITED);
    }

    #[test]
    fn what_stopped_a_job_is_not_explained_again() {
        let stopped = Termination::OutputLimit { limit_bytes: 100 };
        let explained = explain(&end(stopped), &LIMITS, || panic!("no disk is looked at"));
        assert_eq!(explained.unwrap(), stopped);
    }
}
