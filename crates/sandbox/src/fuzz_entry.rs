//! Gives a text to every parser of `/proc` in this crate. For fuzz tests: jobs choose the names of their
//! processes and others those of mounts, so the parsers must accept any text.

use crate::{
    accounting::procfs,
    host::{cgroup::discovery, uid_pool},
};

/// Parse `text` as each of the files. Returns how many parsers accept it.
#[doc(hidden)]
#[must_use]
pub fn read_proc_text(text: &[u8]) -> usize {
    let lossy = String::from_utf8_lossy(text);
    let (mounts, groups) = lossy.split_once("\n\n").unwrap_or((&lossy, &lossy));
    [
        procfs::Process::parse(text).is_some(),
        procfs::proportional_bytes(&lossy).is_some(),
        uid_pool::choose(&lossy).is_some(),
        // The part before an empty line is `mountinfo`, and the part after it is `cgroup`.
        !discovery::candidates(mounts, groups).is_empty(),
    ]
    .into_iter()
    .filter(|&accepted| accepted)
    .count()
}
