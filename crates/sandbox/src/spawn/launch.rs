//! What the start of a job needs to know. Plain data.

use crate::{
    bpf::Filter,
    host::{cgroup::Group, mode::Mode},
    job::Job,
};

/// How many tasks `RLIMIT_NPROC` allows beyond the job's limit. So the limits monitor sees that the job exceeds
/// its limit before the kernel refuses a task. Nothing tells that the kernel has refused one.
pub(crate) const SLACK: u64 = 64;

/// What a start needs to know.
pub(crate) struct Launch<'a> {
    pub(crate) job: &'a Job,
    pub(crate) mode: &'a Mode,
    /// The user that the job runs as, if it is not our own.
    pub(crate) user: Option<u32>,
    /// The value for `RLIMIT_NPROC`, where it can limit the job.
    pub(crate) most_tasks: Option<u64>,
    pub(crate) group: Option<&'a Group>,
    /// The filter of the job's monitor, if it has one.
    pub(crate) monitor_filter: Option<Filter>,
    /// Whether to stop right before the program would start: a trial of the layers.
    pub(crate) trial: bool,
}
