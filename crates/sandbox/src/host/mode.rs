//! How one job is isolated: the tier that was chosen, and the facts it rests on.

use std::io;

use serde::{Deserialize, Serialize};

use crate::{
    error::Failure,
    host::{
        cgroup::{Group, parent::CgroupParent},
        facts::Facts,
        surroundings::Above,
        uid_pool::{UidLease, UidRange},
    },
    job::Job,
    rule::{Rule, RuleSet, Setup},
    spawn::landlock::SCOPES_SINCE,
    tier::Tier,
};

/// How a job is isolated.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Mode {
    pub(crate) tier: Tier,
    /// The version of Landlock that is required, 0 for none.
    pub(crate) landlock: i32,
    pub(crate) users: Option<UidRange>,
    pub(crate) groups: Option<CgroupParent>,
    /// The groups above this program.
    pub(crate) above: Above,
    /// How many jobs may run as the same user at a time.
    pub(crate) at_once: u64,
    /// Rules that a test leaves out, to see that an attack notices it.
    pub(crate) without: RuleSet,
}

impl Mode {
    pub(crate) fn new(tier: Tier, facts: &Facts) -> Self {
        Self {
            tier,
            landlock: match tier {
                Tier::None => 0,
                // As if the kernel had no later version.
                Tier::Weak => facts.landlock.min(SCOPES_SINCE - 1),
                Tier::Confined | Tier::Full => facts.landlock,
            },
            users: facts.users.clone().ok().filter(|_| tier > Tier::None),
            groups: facts.groups.clone().ok(),
            above: facts.above.clone(),
            at_once: 1,
            without: RuleSet::default(),
        }
    }

    /// Whether a rule is in force.
    pub(crate) fn keeps(&self, rule: impl Into<Rule>) -> bool {
        !self.without.contains(rule)
    }

    /// Claim a user for the job of this supervisor, if jobs have users of their own.
    pub(crate) fn claim_user(&self) -> io::Result<Option<UidLease>> {
        let users = self.users.filter(|_| self.keeps(Setup::OwnUser));
        users
            .map(|users| users.claim(std::process::id()))
            .transpose()
    }

    /// Make the control groups for the job of this supervisor, if jobs have any.
    pub(crate) fn make_group(&self, job: &Job) -> Result<Option<Group>, Failure> {
        let Some(parent) = self
            .groups
            .as_ref()
            .filter(|_| self.keeps(Setup::ControlGroups))
        else {
            return Ok(None);
        };
        // In the full tier, the first process of the namespace is in the group as well.
        let tasks = job.limits.tasks + u64::from(self.tier == Tier::Full);
        Group::make(parent, job.limits.memory_bytes, tasks).map(Some)
    }
}
