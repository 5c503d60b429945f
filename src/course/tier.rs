//! The lowest tier at which a course lets submissions run.

use sandbox::Tier;
use serde::Deserialize;

/// The lowest tier at which a course lets submissions run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsolationPolicy {
    /// For other people's code: `batch`, and anything in CI.
    pub batch: Tier,
    /// For a student's own code at a terminal.
    pub interactive: Tier,
}

impl Default for IsolationPolicy {
    fn default() -> Self {
        Self {
            batch: Tier::Confined,
            interactive: Tier::None,
        }
    }
}

/// The policy as `grader.toml` writes it.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    #[serde(default)]
    batch: Option<Tier>,
    #[serde(default)]
    interactive: Option<Tier>,
}

impl PolicyFile {
    pub(super) fn policy(self) -> IsolationPolicy {
        let usual = IsolationPolicy::default();
        IsolationPolicy {
            batch: self.batch.unwrap_or(usual.batch),
            interactive: self.interactive.unwrap_or(usual.interactive),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_policy_demands_confinement_for_a_batch() {
        let read = |text: &str| toml::from_str::<PolicyFile>(text).map(PolicyFile::policy);
        assert_eq!(read("").unwrap(), IsolationPolicy::default());
        assert_eq!(read("batch = \"full\"").unwrap().batch, Tier::Full);
        assert!(read("batch = \"strong\"").is_err());
        assert!(read("bach = \"full\"").is_err());
    }
}
