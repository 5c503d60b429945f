//! The tier that the user asks for, and the tier that follows from it on this machine.

use std::{fmt, str::FromStr};

use sandbox::{HostSupport, Layer, Tier, UnknownTier};

use crate::fault::{Fault, FaultKind};

/// Which tier the user asks for.
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

impl Isolation {
    /// The tier that follows on this machine. Making a sandbox checks whether the machine supports it.
    #[must_use]
    pub fn tier(self, host: &HostSupport) -> Tier {
        match self {
            Self::Auto => host.tier,
            Self::Exactly(tier) => tier,
        }
    }
}

/// Refuse to run submissions at a tier below the least that the course allows.
///
/// # Errors
/// The tier is lower; the message says what is missing and what to do.
pub fn require(host: &HostSupport, tier: Tier, least: Tier) -> Result<(), Fault> {
    if tier >= least {
        return Ok(());
    }
    Err(refusal(&host.layers, &host.missing(), tier, least))
}

/// Why submissions are not run at this tier, and what to do.
fn refusal(layers: &[Layer], missing: &str, tier: Tier, least: Tier) -> Fault {
    let remedy = layers
        .iter()
        .filter(|layer| !layer.available)
        .find_map(|layer| layer.remedy);
    Fault::new(
        FaultKind::Sandbox,
        format!("refused to run submissions at tier `{tier}`: the course demands `{least}`"),
    )
    .because(missing)
    .hint(format!(
        "{}or, if you trust every submission, use `--isolation {tier}`",
        remedy.map_or_else(String::new, |remedy| format!("{remedy}; "))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isolation_is_written_as_it_is_read() {
        for text in ["auto", "full", "confined", "weak", "none"] {
            assert_eq!(text.parse::<Isolation>().unwrap().to_string(), text);
        }
        assert!("strong".parse::<Isolation>().is_err());
    }

    #[test]
    fn a_refusal_names_the_tiers_what_is_missing_and_what_to_do() {
        let layers = [Layer {
            name: "landlock",
            available: false,
            detail: "this kernel has none".into(),
            remedy: Some("use a newer kernel"),
        }];
        let fault = refusal(
            &layers,
            "landlock: this kernel has none",
            Tier::Weak,
            Tier::Full,
        );
        assert!(fault.message.contains("`weak`") && fault.message.contains("`full`"));
        assert_eq!(
            fault.cause.as_deref(),
            Some("landlock: this kernel has none")
        );
        let hint = fault.hint.unwrap();
        assert!(hint.contains("a newer kernel; ") && hint.contains("`--isolation weak`"));
    }
}
