//! Finds out by trial what this machine supports, and which tier that makes possible.
//!
//! A supervisor finds the facts that single calls tell ([`Facts::find`]). To find out whether a tier holds, a
//! supervisor takes a process through all layers of the tier and stops right before a program would start. So
//! the trial runs the code that jobs go through later.

use std::{fmt, path::Path, sync::Arc};

use crate::{
    client::{
        connection::{Connection, trial_folder, trial_job},
        zygote::Zygote,
    },
    error::Error,
    host::{cgroup::parent::CgroupParent, facts::Facts, mode::Mode, uid_pool::UidRange},
    monitor::NoMonitor,
    spawn::landlock::SCOPES_SINCE,
    tier::Tier,
};

/// One part of the system that isolation or limits rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: &'static str,
    /// Whether this machine has it and it works.
    pub available: bool,
    /// What exactly the machine has, or why it does not.
    pub detail: String,
    /// What to do about it, where there is something.
    pub remedy: Option<&'static str>,
}

/// What this machine supports, as [`probe`] found out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HostSupport {
    /// The best tier.
    pub tier: Tier,
    /// The layers that this tier rests on, and those that a better one would need.
    pub layers: Vec<Layer>,
    pub(crate) facts: Facts,
    /// The zygote that the supervisors of all jobs come from.
    pub(crate) zygote: Arc<Zygote>,
    /// The tiers that held when they were tried.
    held: Vec<Tier>,
}

impl HostSupport {
    /// Whether jobs can be run at this tier.
    #[must_use]
    pub fn supports(&self, tier: Tier) -> bool {
        self.held.contains(&tier)
    }

    /// The layers that are missing, each with its reason, on one line.
    #[must_use]
    pub fn missing(&self) -> String {
        let missing: Vec<String> = self
            .layers
            .iter()
            .filter(|layer| !layer.available)
            .map(|layer| format!("{}: {}", layer.name, layer.detail))
            .collect();
        missing.join("; ")
    }
}

impl fmt::Display for HostSupport {
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

/// Find out what this machine supports. `supervisor` is a program that calls [`entry`](crate::entry)
/// first in its `main`, usually this one.
///
/// # Errors
/// The supervisor could not be started, or a trial failed for another reason than that the machine does not
/// support a layer. A layer that the machine does not support is no error: it is in the answer.
pub fn probe(supervisor: &Path) -> Result<HostSupport, Error> {
    probe_by(Arc::new(Zygote::new(supervisor, false)))
}

fn probe_by(zygote: Arc<Zygote>) -> Result<HostSupport, Error> {
    let facts = Connection::ask_facts(&zygote)?;
    let is_root = rustix::process::geteuid().is_root();
    let mut held = vec![Tier::None];
    let mut layers = Vec::new();
    for tier in [Tier::Weak, Tier::Confined, Tier::Full] {
        let possible = match tier {
            Tier::Weak => facts.landlock >= 1,
            _ => facts.landlock >= SCOPES_SINCE,
        };
        let tried = if !possible {
            Err("this kernel does not have the version of Landlock that it needs".into())
        } else if tier > Tier::Weak && !facts.limits_tasks(is_root) {
            Err("jobs would run as root, and no limit on processes holds for root".into())
        } else {
            try_out(&zygote, Mode::new(tier, &facts))?
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
    Ok(HostSupport {
        tier,
        layers,
        facts,
        zygote,
        held,
    })
}

/// Do everything that starting a job in this mode takes. The inner error says which step is not supported.
fn try_out(zygote: &Arc<Zygote>, mode: Mode) -> Result<Result<(), String>, Error> {
    let folder = trial_folder()?;
    let trial =
        Connection::new(zygote, mode).try_layers::<NoMonitor>(&trial_job(folder.path()), None)?;
    Ok(trial.map_err(|error| error.with_source()))
}

fn landlock_layer(version: i32, failed: Option<String>) -> Layer {
    let detail = match (version, failed) {
        (0, _) => "this kernel has no Landlock, or it is switched off".into(),
        (_, None) => format!("ABI {version}: files, network, signals"),
        (1..SCOPES_SINCE, _) => format!(
            "ABI {version}: files only; signals are confined from ABI {SCOPES_SINCE} (Linux 6.12) on"
        ),
        (_, Some(why)) => format!("ABI {version}: {why}"),
    };
    Layer {
        name: "landlock",
        available: version >= SCOPES_SINCE,
        detail,
        remedy: Some("use Linux 6.12 or later, with `landlock` among the kernel's `lsm=`"),
    }
}

fn users_layer(users: &Result<UidRange, String>, is_root: bool) -> Layer {
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
            "run as an ordinary user; or in a container of 65536 users, with the capabilities \
             SETUID, SETGID and CHOWN",
        ),
    }
}

fn groups_layer(groups: &Result<CgroupParent, String>) -> Layer {
    Layer {
        name: "control groups",
        available: groups.is_ok(),
        detail: match groups {
            Ok(CgroupParent::V2(_)) => "version 2: memory, tasks, processor time".into(),
            Ok(CgroupParent::V1 { tasks, cpu, .. }) => format!(
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
            "run in a delegated group, alone: `systemd-run --user --scope -p Delegate=yes PROGRAM …`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::zygote::fakes;
    use crate::error::StepError;

    #[test]
    fn only_a_layer_that_is_not_supported_makes_a_lower_tier() {
        for unsupported in [true, false] {
            let script = format!(
                "read order; case \"$order\" in\n\
                 *'\"request\":\"Facts\"'*) echo '{{\"Facts\":{{\"landlock\":7,\"users\":{{\"Err\":\"\"}},\
                 \"groups\":{{\"Err\":\"\"}}}}}}';;\n\
                 *) echo '{{\"Failed\":{{\"step\":\"Prepare\",\"unsupported\":{unsupported},\
                 \"number\":null,\"text\":\"a reason\"}}}}';;\nesac"
            );
            match fakes::with(&script, false, probe_by) {
                Ok(support) => assert!(unsupported && support.tier == Tier::None, "{support}"),
                Err(Error::Trial(StepError { source, .. })) => {
                    assert!(!unsupported && source.to_string() == "a reason", "{source}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
