//! What this machine supports, and how a job is isolated on it.
//!
//! `facts` are what single calls find out. `mode` is how one job is isolated. `probe` finds out by trial which
//! tiers hold. `batch_job` is what a batch system says that it gave. `surroundings` is what the groups and limits above leave to jobs. `uid_pool` and `cgroup` provide users and control groups for jobs.

pub(crate) mod batch_job;
pub(crate) mod cgroup;
pub(crate) mod facts;
pub(crate) mod mode;
pub(crate) mod probe;
pub(crate) mod surroundings;
pub(crate) mod uid_pool;
