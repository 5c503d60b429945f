//! What a job uses as a whole, sampled while it runs, and which limit it has exceeded.
//!
//! # Theory of operation
//!
//! Where the job has control groups, they count: a few small files tell what it used, exactly. Elsewhere
//! `limits_monitor` adds up what `/proc` says of the job's processes (`procfs`, `cpu_time`), of the memory that
//! they share (`shmem`), and what its file system in memory holds. Memory that several processes share is
//! divided among them only when the sum seems to exceed the limit, because that is slow. Such samples are
//! expensive on a busy machine, so the pause after each is ten times as long as the sample took. `shared_limits`
//! tells whether a limit around the job, which is not the job's own, kept something from it, and `progress` how long
//! the job had no processor, and whether its threads wait for each other.
//!
//! `disk_usage` adds up what is in the folders that the job may write to. When the job has ended, `explain`
//! decides which limit, if any, its end is due to.

pub(crate) mod cpu_time;
pub(crate) mod disk_usage;
pub(crate) mod explain;
pub(crate) mod limits_monitor;
pub(crate) mod procfs;
pub(crate) mod progress;
pub(crate) mod shared_limits;
pub(crate) mod shmem;
