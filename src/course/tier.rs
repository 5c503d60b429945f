//! How well a job is isolated, in four steps, and what a course demands.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How well a job is isolated. A later one is better: tiers compare.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Not at all: limits and killing hold, but files, network and other processes are open to it.
    #[default]
    None,
    /// Files and network are closed; what protects other processes has gaps (Landlock before ABI 6).
    Weak,
    /// Files, network and other processes are closed; that other files exist can be found out.
    Confined,
    /// Confined, in namespaces of its own: what is not its business does not exist for it.
    Full,
}

impl Tier {
    /// All tiers, worst first.
    pub const ALL: [Self; 4] = [Self::None, Self::Weak, Self::Confined, Self::Full];

    /// As written in records, in `grader.toml` and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Weak => "weak",
            Self::Confined => "confined",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Text that names no tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is none of full, confined, weak, none")]
pub struct UnknownTier;

impl FromStr for Tier {
    type Err = UnknownTier;

    fn from_str(text: &str) -> Result<Self, UnknownTier> {
        Self::ALL
            .into_iter()
            .find(|tier| tier.as_str() == text)
            .ok_or(UnknownTier)
    }
}

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
    fn tiers_compare_and_read_as_they_are_written() {
        assert!(Tier::Full > Tier::Confined && Tier::Weak > Tier::None);
        for tier in Tier::ALL {
            assert_eq!(tier.as_str().parse(), Ok(tier));
        }
        assert_eq!("strong".parse::<Tier>(), Err(UnknownTier));
    }

    #[test]
    fn a_policy_that_is_left_out_demands_confinement_of_strangers() {
        let read = |text: &str| toml::from_str::<PolicyFile>(text).map(PolicyFile::policy);
        assert_eq!(read("").unwrap(), IsolationPolicy::default());
        assert_eq!(read("batch = \"full\"").unwrap().batch, Tier::Full);
        assert!(read("batch = \"strong\"").is_err());
        assert!(read("bach = \"full\"").is_err());
    }
}
