//! What single calls tell of this machine.
//!
//! Whether a tier holds is not told by facts: [`probe`](crate::host::probe) tries it.

use serde::{Deserialize, Serialize};

use crate::{
    host::{
        cgroup::parent::{self, Place},
        uid_pool::{self, Users},
    },
    sys,
};

/// What single calls tell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The version of Landlock's interface, 0 for none.
    pub(crate) landlock: i32,
    /// The users that jobs may have; or why there are none.
    pub(crate) users: Result<Users, String>,
    /// Where control groups may be made; or why nowhere.
    pub(crate) groups: Result<Place, String>,
}

impl Facts {
    /// The facts of a machine that has nothing.
    pub(crate) fn none() -> Self {
        Self {
            landlock: 0,
            users: Err(String::new()),
            groups: Err(String::new()),
        }
    }

    /// Look them up. Runs in a supervisor, which `client` asked.
    pub(crate) fn find(client: i32) -> Self {
        Self {
            landlock: sys::landlock_version(),
            users: uid_pool::find(),
            groups: parent::find(client),
        }
    }

    /// Whether the kernel limits a job's processes here: by control group, or by user. The limit by user
    /// binds everybody but root, as whom a job runs where root cannot give it a user of its own.
    pub(crate) fn limits_tasks(&self, is_root: bool) -> bool {
        let by_group = match &self.groups {
            Ok(Place::V2(_)) => true,
            Ok(Place::V1 { tasks, .. }) => tasks.is_some(),
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
}
