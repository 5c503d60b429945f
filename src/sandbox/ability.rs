//! What this machine can do, found by trying, and which tier that makes.
//!
//! Facts that a single call tells are looked up by a supervisor ([`find_facts`]); whether a tier holds
//! is found by starting a process through all its fences and stopping right before a program would
//! start. So what is probed is the very code that jobs go through later.

use std::{fmt, path::Path, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    cgroup::{self, Place},
    job::{Job, Mode, Sandbox},
    nursery::Nursery,
    os,
    own_user::{self, Users},
};
use crate::{
    course::{Tier, UnknownTier},
    fault::{Fault, FaultKind},
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

/// What single calls tell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) landlock: i32,
    pub(super) users: Result<Users, String>,
    pub(super) groups: Result<Place, String>,
}

impl Facts {
    /// Whether the kernel limits a job's processes here: by control group, or by user. The limit by user
    /// binds everybody but root, as whom a job runs where root cannot give it a user of its own.
    fn limits_tasks(&self, is_root: bool) -> bool {
        let by_group = match &self.groups {
            Ok(Place::V2(_)) => true,
            Ok(Place::V1 { tasks, .. }) => tasks.is_some(),
            Err(_) => false,
        };
        by_group || self.users.is_ok() || !is_root
    }
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
    /// Where the supervisors of all jobs come from.
    pub(super) nursery: Arc<Nursery>,
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
/// The supervisor could not be started, or a trial failed for another reason than the fence that was
/// tried. What merely is not possible here is in the answer.
pub fn probe(supervisor: &Path) -> Result<Abilities, Fault> {
    probe_by(Arc::new(Nursery::new(supervisor, false)))
}

fn probe_by(nursery: Arc<Nursery>) -> Result<Abilities, Fault> {
    let facts = Sandbox::ask_facts(&nursery)?;
    let is_root = rustix::process::geteuid().is_root();
    let mut held = vec![Tier::None];
    let mut layers = Vec::new();
    for tier in [Tier::Weak, Tier::Confined, Tier::Full] {
        let possible = match tier {
            Tier::Weak => facts.landlock >= 1,
            _ => facts.landlock >= super::fence::SCOPES_SINCE,
        };
        let tried = if !possible {
            Err("rests on a Landlock that is not there".into())
        } else if tier > Tier::Weak && !facts.limits_tasks(is_root) {
            Err("jobs would run as root, whom no limit on processes binds".into())
        } else {
            Sandbox::try_out(&nursery, &Mode::new(tier, &facts))?
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
    layers.push(users_layer(&facts.users, is_root));
    layers.push(groups_layer(&facts.groups));
    Ok(Abilities {
        tier,
        layers,
        facts,
        nursery,
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

fn users_layer(users: &Result<Users, String>, is_root: bool) -> Layer {
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
        remedy: is_root.then_some(
            "run as an ordinary user; or in a container of 65536 users, with the capabilities              SETUID, SETGID and CHOWN",
        ),
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
            "run in a delegated group, alone: `systemd-run --user --scope -p Delegate=yes grade …`",
        ),
    }
}

/// What single calls tell. Runs in a supervisor.
pub(super) fn find_facts(grader: i32) -> Facts {
    Facts {
        landlock: os::landlock_version(),
        users: own_user::find(),
        groups: cgroup::find(grader),
    }
}

/// A job that stands for any other in a trial.
pub(super) fn trial_job(folder: &Path) -> Job {
    Job::new(
        "/dev/null",
        folder,
        &crate::course::Limits {
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
    use crate::sandbox::nursery::fakes;

    #[test]
    fn only_a_fence_that_does_not_hold_makes_a_lower_tier() {
        for fence in [true, false] {
            let script = format!(
                "read order; case \"$order\" in\n\
                 *'\"errand\":\"Facts\"'*) echo '{{\"Facts\":{{\"landlock\":7,\"users\":{{\"Err\":\"\"}},\
                 \"groups\":{{\"Err\":\"\"}}}}}}';;\n\
                 *) echo '{{\"Failed\":{{\"why\":\"a reason\",\"fence\":{fence}}}}}';;\nesac"
            );
            match fakes::with(&script, false, probe_by) {
                Ok(abilities) => assert!(fence && abilities.tier == Tier::None, "{abilities}"),
                Err(fault) => assert!(!fence && fault.to_string().contains("a reason"), "{fault}"),
            }
        }
    }

    #[test]
    fn root_is_confined_only_where_something_limits_its_processes() {
        let facts = |users: bool, groups| Facts {
            landlock: 7,
            users: users
                .then_some(Users { first: 1, count: 1 })
                .ok_or_else(String::new),
            groups,
        };
        let none = || Err(String::new());
        let v1 = |tasks: Option<&str>| {
            Ok(Place::V1 {
                memory: Some("/m".into()),
                tasks: tasks.map(Into::into),
                cpu: None,
            })
        };
        assert!(facts(false, none()).limits_tasks(false));
        assert!(facts(true, none()).limits_tasks(true));
        assert!(!facts(false, none()).limits_tasks(true));
        assert!(!facts(false, v1(None)).limits_tasks(true));
        assert!(facts(false, v1(Some("/t"))).limits_tasks(true));
        assert!(facts(false, Ok(Place::V2("/g".into()))).limits_tasks(true));
    }

    #[test]
    fn isolation_is_written_as_it_is_read() {
        for text in ["auto", "full", "confined", "weak", "none"] {
            assert_eq!(text.parse::<Isolation>().unwrap().to_string(), text);
        }
        assert!("strong".parse::<Isolation>().is_err());
    }
}
