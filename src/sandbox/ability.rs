//! What this machine can do, found by trying, and which tier that makes.
//!
//! Facts that a single call tells are looked up by a supervisor ([`find_facts`]); whether a tier holds
//! is found by starting a process through all its fences and stopping right before a program would
//! start. So what is probed is the very code that jobs go through later.

use std::{fmt, fs, path::Path, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    cgroup::{self, Place},
    job::{Job, Mode, Sandbox},
    os,
};
use crate::{
    fault::{Fault, FaultKind},
    spec::{Tier, UnknownTier},
};

/// Which tier the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// The best there is.
    #[default]
    Auto,
    /// This one, or a fault.
    Exactly(Tier),
}

impl FromStr for Isolation {
    type Err = UnknownTier;

    fn from_str(text: &str) -> Result<Self, UnknownTier> {
        if text == "auto" {
            Ok(Self::Auto)
        } else {
            text.parse().map(Self::Exactly)
        }
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Exactly(tier) => tier.fmt(f),
        }
    }
}

/// Users that are nobody else's, from which each job gets one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Users {
    pub(super) first: u32,
    pub(super) count: u32,
}

/// What single calls tell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) landlock: i32,
    pub(super) users: Result<Users, String>,
    pub(super) groups: Result<Place, String>,
}

/// One thing that isolation or limits rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: &'static str,
    /// Whether it is there and works.
    pub available: bool,
    /// What exactly is there, or why it is not.
    pub detail: String,
    /// What to do about it, where there is something.
    pub remedy: Option<&'static str>,
}

/// What this machine can do.
#[derive(Debug, Clone)]
pub struct Abilities {
    /// The best tier.
    pub tier: Tier,
    /// What it rests on, and what is missing for a better one.
    pub layers: Vec<Layer>,
    pub(super) facts: Facts,
    /// Which tiers were tried and held.
    held: Vec<Tier>,
}

impl Abilities {
    /// Whether jobs can be run at this tier.
    #[must_use]
    pub fn can(&self, tier: Tier) -> bool {
        self.held.contains(&tier)
    }

    /// How a job is run at a tier.
    pub(super) fn mode(&self, tier: Tier) -> Mode {
        Mode::new(tier, &self.facts)
    }

    /// The tier that the user's wish comes to here.
    ///
    /// # Errors
    /// A tier is demanded that does not hold here; each missing layer is in the message.
    pub fn choose(&self, isolation: Isolation) -> Result<Tier, Fault> {
        match isolation {
            Isolation::Auto => Ok(self.tier),
            Isolation::Exactly(tier) if self.can(tier) => Ok(tier),
            Isolation::Exactly(tier) => Err(Fault::new(
                FaultKind::Sandbox,
                format!("failed to isolate at tier `{tier}`"),
            )
            .because(self.missing())
            .hint(format!(
                "`--isolation {}` is the best there is here; `grade doctor` says what is missing",
                self.tier
            ))),
        }
    }

    /// Demand at least a tier, as a course's policy does.
    ///
    /// # Errors
    /// The tier chosen is lower; the message says what is missing and what to do.
    pub fn demand(&self, chosen: Tier, least: Tier) -> Result<(), Fault> {
        if chosen >= least {
            return Ok(());
        }
        let remedy = self
            .layers
            .iter()
            .filter(|layer| !layer.available)
            .find_map(|layer| layer.remedy);
        Err(Fault::new(
            FaultKind::Sandbox,
            format!("refused to run submissions at tier `{chosen}`: the course demands `{least}`"),
        )
        .because(self.missing())
        .hint(format!(
            "{}or, if you trust every submission, say `--isolation {chosen}`",
            remedy.map_or_else(String::new, |remedy| format!("{remedy}; "))
        )))
    }

    /// What is missing, each with its reason.
    fn missing(&self) -> String {
        let missing: Vec<String> = self
            .layers
            .iter()
            .filter(|layer| !layer.available)
            .map(|layer| format!("{}: {}", layer.name, layer.detail))
            .collect();
        missing.join("; ")
    }
}

impl fmt::Display for Abilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "tier {}", self.tier)?;
        for layer in &self.layers {
            let mark = if layer.available { "yes" } else { "no" };
            writeln!(f, "  {:<20} {mark:<4} {}", layer.name, layer.detail)?;
            if let (false, Some(remedy)) = (layer.available, layer.remedy) {
                writeln!(f, "  {:<25} {remedy}", "")?;
            }
        }
        Ok(())
    }
}

/// Find out what this machine can do. `supervisor` is a `grade`, usually this one.
///
/// # Errors
/// The supervisor could not be started. What merely is not possible here is in the answer.
pub fn probe(supervisor: &Path) -> Result<Abilities, Fault> {
    let facts = Sandbox::ask_facts(supervisor)?;
    let mut held = vec![Tier::None];
    let mut layers = Vec::new();
    for tier in [Tier::Weak, Tier::Confined, Tier::Full] {
        let possible = match tier {
            Tier::Weak => facts.landlock >= 1,
            _ => facts.landlock >= super::fence::SCOPES_SINCE,
        };
        let tried = if possible {
            Sandbox::try_out(supervisor, &Mode::new(tier, &facts))?
        } else {
            Err("rests on a Landlock that is not there".into())
        };
        if tried.is_ok() {
            held.push(tier);
        }
        match tier {
            Tier::Weak => layers.push(Layer {
                name: "seccomp",
                available: tried.is_ok(),
                detail: tried.err().unwrap_or_else(|| "filters work".into()),
                remedy: None,
            }),
            Tier::Confined => layers.push(landlock_layer(facts.landlock, tried.err())),
            _ => layers.push(Layer {
                name: "namespaces",
                available: tried.is_ok(),
                detail: tried
                    .err()
                    .unwrap_or_else(|| "user, pid, mount, net, ipc, uts".into()),
                remedy: Some(
                    "allow unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0, \
                     user.max_user_namespaces above 0; in a container, a seccomp profile that permits them)",
                ),
            }),
        }
    }
    let tier = held.iter().copied().max().unwrap_or(Tier::None);
    layers.push(users_layer(&facts.users));
    layers.push(groups_layer(&facts.groups));
    Ok(Abilities {
        tier,
        layers,
        facts,
        held,
    })
}

fn landlock_layer(version: i32, failed: Option<String>) -> Layer {
    let detail = match (version, failed) {
        (0, _) => "this kernel has no Landlock, or it is switched off".into(),
        (_, None) => format!("ABI {version}: files, network, signals"),
        (1..super::fence::SCOPES_SINCE, _) => format!(
            "ABI {version}: files only; signals are confined from ABI {} (Linux 6.12) on",
            super::fence::SCOPES_SINCE
        ),
        (_, Some(why)) => format!("ABI {version}: {why}"),
    };
    Layer {
        name: "landlock",
        available: version >= super::fence::SCOPES_SINCE,
        detail,
        remedy: Some("use Linux 6.12 or later, with `landlock` among the kernel's `lsm=`"),
    }
}

fn users_layer(users: &Result<Users, String>) -> Layer {
    Layer {
        name: "own user",
        available: users.is_ok(),
        detail: match users {
            Ok(users) => format!(
                "one for each job, from {} to {}",
                users.first,
                users.first + (users.count - 1)
            ),
            Err(why) => why.clone(),
        },
        remedy: None,
    }
}

fn groups_layer(groups: &Result<Place, String>) -> Layer {
    Layer {
        name: "control groups",
        available: groups.is_ok(),
        detail: match groups {
            Ok(Place::V2(_)) => "version 2: memory, tasks, processor time".into(),
            Ok(Place::V1 { tasks, cpu, .. }) => format!(
                "version 1: memory{}{}",
                if tasks.is_some() { ", tasks" } else { "" },
                if cpu.is_some() {
                    ", processor time"
                } else {
                    ""
                }
            ),
            Err(why) => format!("{why}; memory and processor time are polled"),
        },
        remedy: Some(
            "run in a delegated group: `systemd-run --user --scope -p Delegate=yes grade …`",
        ),
    }
}

/// What single calls tell. Runs in a supervisor.
pub(super) fn find_facts() -> Facts {
    Facts {
        landlock: os::landlock_version(),
        users: find_users(),
        groups: cgroup::find(),
    }
}

/// Users for jobs: only root can be somebody else.
fn find_users() -> Result<Users, String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root can give each job a user of its own; jobs run as you".into());
    }
    let held = rustix::thread::capabilities(None).map_err(|error| error.to_string())?;
    let needed = rustix::thread::CapabilitySet::SETUID
        | rustix::thread::CapabilitySet::SETGID
        | rustix::thread::CapabilitySet::CHOWN;
    if !held.effective.contains(needed) {
        return Err("root without the capabilities to change users".into());
    }
    let read = |path| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let (users, groups) = (read("/proc/self/uid_map")?, read("/proc/self/gid_map")?);
    choose_users(&users)
        .filter(|users| choose_users(&groups).as_ref() == Some(users))
        .ok_or_else(|| "too few users are mapped into this container".into())
}

/// A range that nobody else uses, among those that exist in this user namespace.
pub(super) fn choose_users(map: &str) -> Option<Users> {
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

/// A job that stands for any other in a trial.
pub(super) fn trial_job(folder: &Path) -> Job {
    Job::new(
        "/dev/null",
        folder,
        &crate::spec::Limits {
            wall: std::time::Duration::from_secs(10),
            cpu: std::time::Duration::from_secs(10),
            memory_bytes: 256 << 20,
            tasks: 64,
            open_files: 64,
            file_bytes: 1 << 20,
            disk_bytes: 1 << 20,
            disk_files: 16,
            output_bytes: 1 << 10,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_taken_from_those_that_exist() {
        let first = |map| choose_users(map).map(|users| users.first);
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
    fn isolation_is_written_as_it_is_read() {
        for text in ["auto", "full", "confined", "weak", "none"] {
            assert_eq!(text.parse::<Isolation>().unwrap().to_string(), text);
        }
        assert!("strong".parse::<Isolation>().is_err());
    }
}
