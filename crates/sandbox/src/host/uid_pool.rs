//! Where we are root, each job runs as a user of its own. Finds the range of users for this, and makes sure
//! that no two jobs have the same user at the same time.
//!
//! Never hands out a user that an account may have.

use std::{fs, io, os::fd::OwnedFd};

use rustix::{
    io::Errno,
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType},
    thread::CapabilitySet,
};
use serde::{Deserialize, Serialize};

/// A range of user ids that no account has. Each job gets one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UidRange {
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// A user that belongs to one job until this is dropped.
#[derive(Debug)]
pub(crate) struct UidLease {
    pub(crate) id: u32,
    /// A socket that is bound to the user's name. Only one socket can have that name, and the kernel frees the
    /// name when the socket closes, however its process ends.
    _name: OwnedFd,
}

/// How many users of the range are tried before the claim fails.
const ATTEMPTS: u32 = 512;

/// Find users for jobs. Only root can run a job as another user.
pub(crate) fn find() -> Result<UidRange, String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root can give each job a user of its own; jobs run as you".into());
    }
    let held = rustix::thread::capabilities(None).map_err(|error| error.to_string())?;
    let needed = CapabilitySet::SETUID | CapabilitySet::SETGID | CapabilitySet::CHOWN;
    if !held.effective.contains(needed) {
        return Err("root without the capabilities to change users".into());
    }
    let read = |path| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let (users, groups) = (read("/proc/self/uid_map")?, read("/proc/self/gid_map")?);
    choose(&users)
        .filter(|users| choose(&groups).as_ref() == Some(users))
        .ok_or_else(|| "too few users are mapped into this container".into())
}

/// A range of users that no account has, out of the users that `map`, a `uid_map`, says exist in this user
/// namespace.
pub(crate) fn choose(map: &str) -> Option<UidRange> {
    // The conventions of systemd leave this range unused.
    let unassigned = (0x7000_0000, 1 << 22);
    // A rootless container has 65536 users. This range is near their end, below the user `nobody`.
    let end_of_container = (60_000, 4096);
    [unassigned, end_of_container]
        .into_iter()
        .map(|(first, count)| UidRange { first, count })
        .find(|users| {
            map.lines().any(|line| {
                let mut fields = line.split_whitespace().map(str::parse::<u64>);
                let (Some(Ok(start)), Some(Ok(_)), Some(Ok(length))) =
                    (fields.next(), fields.next(), fields.next())
                else {
                    return false;
                };
                let (first, end) = (
                    u64::from(users.first),
                    u64::from(users.first) + u64::from(users.count),
                );
                start <= first && end <= start.saturating_add(length)
            })
        })
}

impl UidRange {
    /// Claim a user that no other process has claimed, as near after the one at `preferred` as possible.
    pub(crate) fn claim(self, preferred: u32) -> io::Result<UidLease> {
        for attempt in 0..ATTEMPTS.min(self.count) {
            let id = self.first + preferred.wrapping_add(attempt) % self.count;
            let name = rustix::net::socket_with(
                AddressFamily::UNIX,
                SocketType::DGRAM,
                SocketFlags::CLOEXEC,
                None,
            )?;
            let address =
                SocketAddrUnix::new_abstract_name(format!("sandbox-user-{id}").as_bytes())?;
            match rustix::net::bind(&name, &address) {
                Ok(()) => return Ok(UidLease { id, _name: name }),
                Err(Errno::ADDRINUSE) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::other("no user is free for this job"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_chosen_from_the_users_that_exist() {
        let first = |map| choose(map).map(|users| users.first);
        assert_eq!(
            first("         0          0 4294967295\n"),
            Some(0x7000_0000)
        );
        assert_eq!(first("0 100000 65536\n"), Some(60_000));
        assert_eq!(first("0 1000 1\n"), None);
        assert_eq!(first("0 1000 1\n1 100000 65535\n"), Some(60_000));
        assert_eq!(first("x\n\n1 2\n"), None);
    }

    #[test]
    fn a_user_belongs_to_one_job_until_its_lease_is_dropped() {
        // Other tests claim users at the same time, so this one has a range of its own.
        let first = 0x6000_0000 + (std::process::id() << 2);
        let users = UidRange { first, count: 2 };
        let one = users.claim(7).unwrap();
        let two = users.claim(7).unwrap();
        assert_eq!((one.id, two.id), (first + 1, first));
        assert!(users.claim(7).is_err());
        drop(one);
        assert_eq!(users.claim(7).unwrap().id, first + 1);
    }
}
