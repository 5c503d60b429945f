//! Text of `/proc`, given to everything here that reads such text. For tests that feed it what no kernel
//! writes: names of processes and of mounts are other people's words.

use crate::{
    accounting::procfs,
    host::{cgroup::discovery, uid_pool},
};

/// Read `text` as each of the files that are read: how many of them it could be.
#[doc(hidden)]
#[must_use]
pub fn read_proc_text(text: &[u8]) -> usize {
    let words = String::from_utf8_lossy(text);
    let (mounts, groups) = words.split_once("\n\n").unwrap_or((&words, &words));
    [
        procfs::Process::parse(text).is_some(),
        procfs::proportional_bytes(&words).is_some(),
        uid_pool::choose(&words).is_some(),
        // `mountinfo`, and `cgroup` behind an empty line.
        !discovery::candidates(mounts, groups).is_empty(),
    ]
    .into_iter()
    .filter(|&is_one| is_one)
    .count()
}
