//! How well a job is isolated, in four steps.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How well a job is isolated. Tiers compare: a better one is greater.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Not at all. Only the limits hold, and all its processes are killed; it can reach files, network and
    /// other processes.
    #[default]
    None,
    /// The job cannot reach other files or the network. The protection of other processes has gaps, because
    /// Landlock is older than ABI 6.
    Weak,
    /// The job cannot reach other files, the network or other processes. It can find out that other files
    /// exist.
    Confined,
    /// As `Confined`, and in namespaces of its own, in which other files and processes do not exist.
    Full,
}

impl Tier {
    /// All tiers, worst first.
    pub const ALL: [Self; 4] = [Self::None, Self::Weak, Self::Confined, Self::Full];

    /// The tier's name, as [`FromStr`] reads it.
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
}
