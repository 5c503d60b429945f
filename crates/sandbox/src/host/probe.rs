//! Finds out by trial what this machine supports, and which tier that makes possible.
//!
//! A supervisor finds the facts that single calls tell ([`Facts::find`]). To find out whether a tier holds, a
//! supervisor takes a process through all layers of the tier and stops right before a program would start. So
//! the trial runs the code that jobs go through later.
//!
//! A kernel, or what stands in for one, may claim a version of Landlock and refuse its rules. So where Landlock is
//! what fails, the trial is repeated as if the kernel had the version before, down to the first.
//!
//! What helps against a missing layer depends on why it is missing and on where the program runs.

use std::{fmt, path::Path, sync::Arc};

use crate::{
    client::{
        connection::{Connection, trial_folder, trial_job},
        zygote::Zygote,
    },
    error::{Error, Step},
    host::{
        cgroup::parent::CgroupParent,
        facts::Facts,
        mode::Mode,
        surroundings::{self, Place},
    },
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
    probe_by(Arc::new(Zygote::new(supervisor, false)), false)
}

/// As [`probe`], for callers that want the best tier and no other: where [`Tier::Full`] holds, no other is tried, and
/// none counts as supported. This takes half of the time.
///
/// # Errors
/// As [`probe`].
pub fn probe_best(supervisor: &Path) -> Result<HostSupport, Error> {
    probe_by(Arc::new(Zygote::new(supervisor, false)), true)
}

fn probe_by(zygote: Arc<Zygote>, only_best: bool) -> Result<HostSupport, Error> {
    let mut facts = Connection::ask_facts(&zygote)?;
    let is_root = rustix::process::geteuid().is_root();
    let place = surroundings::here();
    let claimed = facts.landlock;
    let mut refused = None;
    let tried = loop {
        let tried = match only_best.then(|| try_tier(&zygote, &facts, is_root, Tier::Full)) {
            Some(Ok(Ok(()))) => vec![(Tier::Full, Ok(()))],
            _ => try_tiers(&zygote, &facts, is_root)?,
        };
        // A kernel may claim a version of Landlock and refuse its rules; then an earlier version may work.
        let by_landlock = tried.iter().find_map(|(_, tried)| match tried {
            Err(Unsupported { step, why }) if is_landlock(*step) => Some(why.clone()),
            _ => None,
        });
        match by_landlock {
            Some(why) if facts.landlock > 1 => {
                refused.get_or_insert(why);
                facts.landlock -= 1;
            }
            // No version works.
            Some(_) => {
                facts.landlock = 0;
                break tried;
            }
            None => break tried,
        }
    };
    let held = tried.iter().filter(|(_, tried)| tried.is_ok());
    let held: Vec<Tier> = [Tier::None]
        .into_iter()
        .chain(held.map(|(tier, _)| *tier))
        .collect();
    let failed = |wanted: Tier| {
        let (_, tried) = tried.iter().find(|(tier, _)| *tier == wanted)?;
        tried.as_ref().err()
    };
    let landlock = landlock_layer(&facts, claimed, refused, failed(Tier::Confined));
    let layers = vec![
        seccomp_layer(failed(Tier::Weak)),
        landlock,
        users_layer(&facts, is_root, place),
        namespaces_layer(failed(Tier::Full), place),
        groups_layer(&facts.groups, place),
    ];
    Ok(HostSupport {
        tier: held.iter().copied().max().unwrap_or(Tier::None),
        layers,
        facts,
        zygote,
        held,
    })
}

/// Why a tier does not hold, and the step that showed it, if one was tried.
#[derive(Debug, Clone)]
struct Unsupported {
    step: Option<Step>,
    why: String,
}

fn is_landlock(step: Option<Step>) -> bool {
    matches!(step, Some(Step::RestrictByLandlock | Step::ConfineSignals))
}

type Tried = Result<(), Unsupported>;

/// Try every tier above none, worst first.
fn try_tiers(
    zygote: &Arc<Zygote>,
    facts: &Facts,
    is_root: bool,
) -> Result<Vec<(Tier, Tried)>, Error> {
    [Tier::Weak, Tier::Confined, Tier::Full]
        .into_iter()
        .map(|tier| Ok((tier, try_tier(zygote, facts, is_root, tier)?)))
        .collect()
}

fn try_tier(
    zygote: &Arc<Zygote>,
    facts: &Facts,
    is_root: bool,
    tier: Tier,
) -> Result<Tried, Error> {
    let possible = match tier {
        Tier::Weak => facts.landlock >= 1,
        _ => facts.landlock >= SCOPES_SINCE,
    };
    let untried = |why: &str| {
        let (step, why) = (None, why.to_owned());
        Err(Unsupported { step, why })
    };
    if !possible {
        Ok(untried(
            "this kernel does not have the version of Landlock that it needs",
        ))
    } else if tier > Tier::Weak && !facts.limits_tasks(is_root) {
        Ok(untried(
            "jobs would run as root, and no limit on processes holds for root",
        ))
    } else {
        try_out(zygote, Mode::new(tier, facts))
    }
}

/// Do everything that starting a job in this mode takes. The inner error says which step is not supported.
fn try_out(zygote: &Arc<Zygote>, mode: Mode) -> Result<Tried, Error> {
    let folder = trial_folder()?;
    let trial =
        Connection::new(zygote, mode).try_layers::<NoMonitor>(&trial_job(folder.path()), None)?;
    Ok(trial.map_err(|error| {
        let mut why = error.with_source();
        if error.step == Step::MakeNamespaces && error.source.raw_os_error() == Some(libc::ENOSPC) {
            why += ", which means that `user.max_user_namespaces` is 0, or as many are in use";
        }
        let step = Some(error.step);
        Unsupported { step, why }
    }))
}

fn seccomp_layer(failed: Option<&Unsupported>) -> Layer {
    let by_filter = |failed: &&Unsupported| failed.step == Some(Step::InstallFilter);
    Layer {
        name: "seccomp",
        available: failed.is_none(),
        detail: failed.map_or_else(|| "filters work".into(), |failed| failed.why.clone()),
        remedy: failed.filter(by_filter).map(|_| {
            "use a kernel with seccomp filters; an emulated processor (qemu-user) has none, so use an image \
             that is built for the processor of this machine"
        }),
    }
}

fn namespaces_layer(failed: Option<&Unsupported>, place: Place) -> Layer {
    let remedy = failed.and_then(|failed| match (failed.step?, place) {
        (Step::MakeNamespaces | Step::WriteIdMaps, Place::Container) => Some(
            "let the container make user namespaces, by a seccomp profile that permits them",
        ),
        (Step::MakeNamespaces | Step::WriteIdMaps, _) => Some(
            "allow unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0, \
             user.max_user_namespaces above 0)",
        ),
        (Step::BuildRoot, Place::Container) => Some(
            "the container hides parts of /proc, so no other one can be mounted: show them with \
             `--security-opt systempaths=unconfined` (Docker) or `--security-opt unmask=ALL` (Podman)",
        ),
        (Step::BuildRoot, _) => Some(
            "start this program where no part of /proc is hidden, outside of a container or a service that \
             protects it",
        ),
        _ => None,
    });
    Layer {
        name: "namespaces",
        available: failed.is_none(),
        detail: failed.map_or_else(
            || "user, pid, mount, net, ipc, uts".into(),
            |failed| failed.why.clone(),
        ),
        remedy,
    }
}

/// `claimed` is the version that the kernel says it has, and `refused` is why that one does not work.
fn landlock_layer(
    facts: &Facts,
    claimed: i32,
    refused: Option<String>,
    failed: Option<&Unsupported>,
) -> Layer {
    let version = facts.landlock;
    let mut detail = match (version, failed) {
        (0, _) if claimed == 0 => "this kernel has no Landlock, or it is switched off".into(),
        (0, _) => "no version works".into(),
        (_, None) => format!("ABI {version}: files, network, signals"),
        (1..SCOPES_SINCE, _) => format!(
            "ABI {version}: files only; signals are confined from ABI {SCOPES_SINCE} (Linux 6.12) on"
        ),
        (_, Some(failed)) => format!("ABI {version}: {}", failed.why),
    };
    if let Some(why) = refused {
        detail = format!("{detail}; the kernel claims ABI {claimed} and refuses its rules: {why}");
    }
    Layer {
        name: "landlock",
        available: version >= SCOPES_SINCE,
        detail,
        remedy: Some("use Linux 6.12 or later, with `landlock` among the kernel's `lsm=`"),
    }
}

fn users_layer(facts: &Facts, is_root: bool, place: Place) -> Layer {
    let detail = match &facts.users {
        Ok(users) => {
            let last = users.first + (users.count - 1);
            // A monitor must look into the job.
            let taken = if facts.looks_into_others {
                ""
            } else {
                ", which its supervisor takes as well, because root lacks the capability SYS_PTRACE here"
            };
            format!("one for each job, from {} to {last}{taken}", users.first)
        }
        Err(why) => why.clone(),
    };
    Layer {
        name: "own user",
        available: facts.users.is_ok(),
        detail,
        remedy: is_root.then_some(match place {
            Place::Container => {
                "start the container with `--user 1000`, or let root in it have 65536 users and the \
                 capabilities SETUID, SETGID and CHOWN"
            }
            _ => {
                "run as an ordinary user; or in a container of 65536 users, with the capabilities SETUID, \
                 SETGID and CHOWN"
            }
        }),
    }
}

fn groups_layer(groups: &Result<CgroupParent, String>, place: Place) -> Layer {
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
        // A container and a job of a batch system have no systemd of their own that could make a group.
        remedy: (place == Place::Machine && Path::new("/run/systemd/system").exists()).then_some(
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
            match fakes::with(&script, false, |zygote| probe_by(zygote, false)) {
                Ok(support) => assert!(unsupported && support.tier == Tier::None, "{support}"),
                Err(Error::Trial(StepError { source, .. })) => {
                    assert!(!unsupported && source.to_string() == "a reason", "{source}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn where_only_the_best_tier_is_wanted_it_is_the_only_one_that_is_tried() {
        let script = |full: &str| {
            format!(
                "read order; case \"$order\" in\n\
                 *'\"request\":\"Facts\"'*) echo '{{\"Facts\":{{\"landlock\":7,\"users\":{{\"Ok\":{{\"first\":1,\
                 \"count\":9}}}},\"groups\":{{\"Err\":\"\"}}}}}}';;\n\
                 *'\"tier\":\"full\"'*) echo '{full}';;\n\
                 *) echo '\"Held\"';;\nesac"
            )
        };
        let probe = |full| fakes::with(&script(full), false, |zygote| probe_by(zygote, true));
        let support = probe("\"Held\"").unwrap();
        assert_eq!(support.tier, Tier::Full);
        assert!(support.supports(Tier::Full) && !support.supports(Tier::Confined));
        let no_root =
            "{\"Failed\":{\"step\":\"BuildRoot\",\"unsupported\":true,\"number\":1,\"text\":\"\"}}";
        let support = probe(no_root).unwrap();
        assert_eq!(support.tier, Tier::Confined);
        assert!(support.supports(Tier::Confined) && support.supports(Tier::Weak));
    }

    /// A supervisor that takes no version of Landlock above `working`.
    fn refusing_above(working: i32) -> String {
        let refused: Vec<String> = (working + 1..=7)
            .map(|version| format!("*'\"landlock\":{version},'*"))
            .collect();
        let refused = refused.join("|");
        format!(
            "read order; case \"$order\" in\n\
             *'\"request\":\"Facts\"'*) echo '{{\"Facts\":{{\"landlock\":7,\"users\":{{\"Ok\":{{\"first\":1,\
             \"count\":9}}}},\"groups\":{{\"Err\":\"\"}}}}}}';;\n\
             *'\"tier\":\"full\"'*) echo '{{\"Failed\":{{\"step\":\"BuildRoot\",\"unsupported\":true,\
             \"number\":1,\"text\":\"\"}}}}';;\n\
             {refused}) echo '{{\"Failed\":{{\"step\":\"RestrictByLandlock\",\"unsupported\":true,\
             \"number\":22,\"text\":\"\"}}}}';;\n\
             *) echo '\"Held\"';;\nesac"
        )
    }

    #[test]
    fn a_version_of_landlock_that_is_claimed_and_refused_is_not_used() {
        for (working, tier, words) in [
            (
                6,
                Tier::Confined,
                "ABI 6: files, network, signals; the kernel claims ABI 7",
            ),
            (4, Tier::Weak, "ABI 4: files only"),
            (0, Tier::None, "no version works; the kernel claims ABI 7"),
        ] {
            let support = fakes::with(&refusing_above(working), false, |zygote| {
                probe_by(zygote, false)
            })
            .unwrap();
            assert_eq!(support.tier, tier, "{working}: {support}");
            assert_eq!(support.facts.landlock, working);
            let layer = support.layers.iter().find(|layer| layer.name == "landlock");
            let detail = &layer.unwrap().detail;
            assert!(detail.contains(words), "{detail}");
            assert!(detail.contains("Invalid argument"), "{detail}");
        }
    }

    #[test]
    fn what_to_do_fits_the_cause_and_the_place() {
        let failed = |step| Unsupported {
            step: Some(step),
            why: String::new(),
        };
        for (step, place, words) in [
            (Step::MakeNamespaces, Place::Machine, "max_user_namespaces"),
            (Step::WriteIdMaps, Place::Container, "seccomp profile"),
            (Step::BuildRoot, Place::Container, "unmask=ALL"),
            (Step::BuildRoot, Place::Machine, "/proc"),
        ] {
            let remedy = namespaces_layer(Some(&failed(step)), place).remedy.unwrap();
            assert!(remedy.contains(words), "{step} {place:?}: {remedy}");
            let has_sysctl = remedy.contains("sysctl");
            assert_eq!(has_sysctl, words == "max_user_namespaces", "{remedy}");
        }
        let other = namespaces_layer(Some(&failed(Step::RestrictByLandlock)), Place::Machine);
        assert_eq!(other.remedy, None);
        let filter = seccomp_layer(Some(&failed(Step::InstallFilter)));
        assert!(filter.remedy.unwrap().contains("qemu-user"));
        for place in [Place::Container, Place::BatchJob] {
            assert_eq!(groups_layer(&Err(String::new()), place).remedy, None);
        }
        let facts = Facts::none();
        let users = users_layer(&facts, true, Place::Container).remedy.unwrap();
        assert!(users.contains("--user 1000"), "{users}");
    }
}
