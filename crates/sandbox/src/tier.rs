//! How well a job is isolated, in four steps.

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
