//! All that the start of a job needs to know. Plain data.

use crate::{
    bpf::Filter,
    host::{cgroup::Group, mode::Mode},
    job::Job,
};

/// Tasks beyond the limit that `RLIMIT_NPROC` leaves, so that whoever counts sees the limit passed
/// before the kernel refuses: only then do we know that it was hit.
pub(crate) const SLACK: u64 = 64;

/// All that a start needs to know.
pub(crate) struct Launch<'a> {
    pub(crate) job: &'a Job,
    pub(crate) mode: &'a Mode,
    /// The user that the job runs as, where that is not us.
    pub(crate) user: Option<u32>,
    /// `RLIMIT_NPROC`, where it counts something that we know.
    pub(crate) most_tasks: Option<u64>,
    pub(crate) group: Option<&'a Group>,
    /// The filter of the job's monitor, if it has one.
    pub(crate) monitor_filter: Option<Filter>,
    /// Whether to stop right before the program would start: a trial of the layers.
    pub(crate) trial: bool,
}
