//! What this machine supports, and how a job is isolated on it.
//!
//! `facts` are what single calls tell. `mode` is the choice that one job is started with. `probe` finds out
//! by trial which tiers hold. `uid_pool` and `cgroup` lend users and control groups to jobs.

pub(crate) mod cgroup;
pub(crate) mod facts;
pub(crate) mod mode;
pub(crate) mod probe;
pub(crate) mod uid_pool;
