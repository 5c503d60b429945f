//! Facts about this machine that single calls find out.
//!
//! Facts do not tell whether a tier holds: [`probe`](crate::host::probe) tries that.

use serde::{Deserialize, Serialize};

use crate::{
    host::{
        cgroup::{discovery, parent::CgroupParent},
        surroundings::Above,
        uid_pool::{self, UidRange},
    },
    sys,
};

/// What single calls find out about this machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The version of Landlock's interface, 0 for none.
    pub(crate) landlock: i32,
    /// The users that jobs may run as; or why there are none.
    pub(crate) users: Result<UidRange, String>,
    /// Where control groups can be made; or why they cannot be made anywhere.
    pub(crate) groups: Result<CgroupParent, String>,
    /// Whether a supervisor may look into processes of other users.
    #[serde(default)]
    pub(crate) looks_into_others: bool,
    /// The groups above this program.
    #[serde(default)]
    pub(crate) above: Above,
}

impl Facts {
    /// The facts of a machine that has nothing.
    pub(crate) fn none() -> Self {
        Self {
            landlock: 0,
            users: Err(String::new()),
            groups: Err(String::new()),
            looks_into_others: false,
            above: Above::default(),
        }
    }

    /// Find the facts. Runs in a supervisor; `client` is the process that asked it.
    pub(crate) fn find(client: i32) -> Self {
        Self {
            landlock: sys::landlock_version(),
            users: uid_pool::find(),
            groups: discovery::find(client),
            looks_into_others: sys::may_look_into_others().unwrap_or(false),
            // After the search for a place of our own, which may move us to another group.
            above: Above::find(),
        }
    }

    /// Whether the kernel limits how many processes a job makes here, by control group or by user. The limit by
    /// user does not hold for root, and jobs of root run as root where it cannot give them users of their own.
    pub(crate) fn limits_tasks(&self, is_root: bool) -> bool {
        let by_group = match &self.groups {
            Ok(CgroupParent::V2(_)) => true,
            Ok(CgroupParent::V1 { tasks, .. }) => tasks.is_some(),
            Err(_) => false,
        };
        by_group || self.users.is_ok() || !is_root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_confined_only_where_something_limits_its_processes() {
        let facts = |users: bool, groups| Facts {
            landlock: 7,
            users: users
                .then_some(UidRange { first: 1, count: 1 })
                .ok_or_else(String::new),
            groups,
            looks_into_others: true,
            above: Above::default(),
        };
        let none = || Err(String::new());
        let v1 = |tasks: Option<&str>| {
            Ok(CgroupParent::V1 {
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
        assert!(facts(false, Ok(CgroupParent::V2("/g".into()))).limits_tasks(true));
    }
}
