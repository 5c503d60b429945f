//! A user of each job's own, where we are root: which there are, and that no two jobs have the same.
//!
//! Never hands out a user that an account may have.

use std::{fs, io, os::fd::OwnedFd};

use rustix::{
    io::Errno,
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType},
    thread::CapabilitySet,
};
use serde::{Deserialize, Serialize};

/// Users that are nobody else's, from which each job gets one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Users {
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// A user that is one job's until this is dropped.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) id: u32,
    /// A socket with a name that only one can have, and that the kernel takes back whatever happens.
    _name: OwnedFd,
}

/// Neighbours to ask for before giving up.
const ATTEMPTS: u32 = 512;

/// Users for jobs: only root can be somebody else.
pub(crate) fn find() -> Result<Users, String> {
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

/// A range that nobody else uses, among those that exist in this user namespace.
pub(crate) fn choose(map: &str) -> Option<Users> {
    // The first is set aside by systemd's conventions for nobody; the second is the end of what rootless
    // containers get, below the user `nobody`.
    let wanted = [(0x7000_0000, 1 << 22), (60_000, 4096)];
    wanted
        .into_iter()
        .map(|(first, count)| Users { first, count })
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

impl Users {
    /// Take a user that no other process has, near the one at `wish`.
    pub(crate) fn claim(self, wish: u32) -> io::Result<Claimed> {
        for attempt in 0..ATTEMPTS.min(self.count) {
            let id = self.first + wish.wrapping_add(attempt) % self.count;
            let name = rustix::net::socket_with(
                AddressFamily::UNIX,
                SocketType::DGRAM,
                SocketFlags::CLOEXEC,
                None,
            )?;
            let address =
                SocketAddrUnix::new_abstract_name(format!("sandbox-user-{id}").as_bytes())?;
            match rustix::net::bind(&name, &address) {
                Ok(()) => return Ok(Claimed { id, _name: name }),
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
    fn users_are_taken_from_those_that_exist() {
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
    fn a_user_is_one_jobs_until_it_is_given_back() {
        // Numbers of this test's own: others claim at the same time.
        let first = 0x6000_0000 + (std::process::id() << 2);
        let users = Users { first, count: 2 };
        let one = users.claim(7).unwrap();
        let two = users.claim(7).unwrap();
        assert_eq!((one.id, two.id), (first + 1, first));
        assert!(users.claim(7).is_err());
        drop(one);
        assert_eq!(users.claim(7).unwrap().id, first + 1);
    }
}
