//! Which seeds a submission is graded on, and in which of its runs the reads are observed.
//!
//! Never runs anything.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{course::SeedPlan, fault::Fault};
use ids::Seed;

/// In which runs the reads are observed. In every other run the files' times, the answer and the end are the
/// evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Observe {
    /// In all.
    All,
    /// In the one on this seed.
    Seed(Seed),
}

impl Observe {
    /// Whether the reads of the run on `seed` are observed.
    #[must_use]
    pub fn includes(self, seed: Seed) -> bool {
        match self {
            Self::All => true,
            Self::Seed(only) => only == seed,
        }
    }
}

/// As `--observe` has it.
impl fmt::Display for Observe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Seed(seed) => seed.fmt(f),
        }
    }
}

/// On which data a submission runs, and in which of these runs its reads are observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPlan {
    /// One run for each, in this order.
    pub seeds: Vec<Seed>,
    /// Which of them are observed.
    pub observe: Observe,
}

/// Which runs a user wants to have observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObserveRequest {
    /// One, drawn at random.
    One,
    /// These.
    These(Observe),
}

impl FromStr for ObserveRequest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "one" => Ok(Self::One),
            "all" => Ok(Self::These(Observe::All)),
            seed => match seed.parse() {
                Ok(seed) => Ok(Self::These(Observe::Seed(seed))),
                Err(_) => Err("it is neither `one`, `all` nor a seed".to_owned()),
            },
        }
    }
}

impl fmt::Display for ObserveRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One => f.write_str("one"),
            Self::These(runs) => runs.fmt(f),
        }
    }
}

/// The runs that are observed of a grading on `seeds`. One is drawn among the seeds that are not the exercise's
/// own, since a program may know everything about those; `kept` was drawn before, and stays where it can. Of an exercise
/// all of whose runs are observed, none is drawn.
///
/// # Errors
/// The seed that is asked for is not among the seeds, or the system has no random numbers.
pub fn observe(
    request: ObserveRequest,
    plan: &SeedPlan,
    seeds: &[Seed],
    kept: Option<Observe>,
) -> Result<Observe, Fault> {
    if plan.all_observed {
        return Ok(Observe::All);
    }
    if let ObserveRequest::These(runs) = request {
        if let Observe::Seed(seed) = runs
            && !seeds.contains(&seed)
        {
            let list = seeds.iter().map(|seed| format!("`{seed}`"));
            let list = list.collect::<Vec<_>>().join(", ");
            return Err(
                Fault::usage(format!("failed to observe the run on seed {seed}"))
                    .because("no run is on this seed")
                    .hint(format!(
                        "choose one of {list}, or add it with `--seed {seed}`"
                    )),
            );
        }
        return Ok(runs);
    }
    let mut secret: Vec<Seed> = seeds.to_vec();
    secret.retain(|seed| !plan.fixed.contains(seed));
    let candidates = if secret.is_empty() { seeds } else { &secret };
    if let Some(Observe::Seed(kept)) = kept
        && candidates.contains(&kept)
    {
        return Ok(Observe::Seed(kept));
    }
    let drawn = draw()?;
    // There are few candidates, so the remainder is as good as uniform.
    let index = usize::try_from(drawn.0).unwrap_or_default() % candidates.len().max(1);
    Ok(candidates
        .get(index)
        .map_or(Observe::All, |seed| Observe::Seed(*seed)))
}

/// The seeds of one grading: the exercise's fixed ones, then those given, or else fresh ones, of which those
/// that were drawn before come first.
///
/// # Errors
/// The system has no random numbers.
pub fn seeds(plan: &SeedPlan, given: &[Seed], drawn: &[Seed]) -> Result<Vec<Seed>, Fault> {
    let mut seeds = plan.fixed.clone();
    seeds.extend(given);
    if given.is_empty() {
        let all = plan.fixed.len() + plan.fresh as usize;
        let mut drawn = drawn.iter().copied();
        while seeds.len() < all {
            let seed = drawn.next().map_or_else(draw, Ok)?;
            if !seeds.contains(&seed) {
                seeds.push(seed);
            }
        }
    }
    let mut earlier = std::collections::BTreeSet::new();
    seeds.retain(|seed| earlier.insert(*seed));
    Ok(seeds)
}

/// A fresh seed. 32 bits are plenty against guessing and short to type in a replay.
fn draw() -> Result<Seed, Fault> {
    getrandom::u32()
        .map(|number| Seed(number.into()))
        .map_err(|error| Fault::internal("draw a seed", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_fixed_then_given_or_fresh_and_each_once() {
        let plan = SeedPlan {
            fixed: vec![Seed(0)],
            fresh: 2,
            all_observed: false,
        };
        let given = seeds(&plan, &[Seed(7), Seed(0), Seed(7)], &[Seed(3)]).unwrap();
        assert_eq!(given, [Seed(0), Seed(7)]);
        let fresh = || seeds(&plan, &[], &[]).unwrap();
        let (one, two) = (fresh(), fresh());
        assert_eq!((one.len(), one[0]), (3, Seed(0)));
        assert_ne!(one, two, "two drawings gave the same seeds");
        let drawn = seeds(&plan, &[], &[Seed(0), Seed(3)]).unwrap();
        assert_eq!((drawn.len(), &drawn[..2]), (3, &[Seed(0), Seed(3)][..]));
    }

    #[test]
    fn one_of_the_seeds_that_nobody_knows_before_is_observed() {
        let plan = SeedPlan {
            fixed: vec![Seed(0)],
            fresh: 2,
            all_observed: false,
        };
        let seeds = [Seed(0), Seed(7), Seed(9)];
        let drawn = |kept| observe(ObserveRequest::One, &plan, &seeds, kept).unwrap();
        let mut all = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let Observe::Seed(seed) = drawn(None) else {
                panic!("more than one")
            };
            all.insert(seed);
        }
        assert!(all.iter().eq(&[Seed(7), Seed(9)]), "{all:?}");
        for _ in 0..20 {
            assert_eq!(drawn(Some(Observe::Seed(Seed(9)))), Observe::Seed(Seed(9)));
        }
        // What was kept may be none of the seeds any more.
        assert_ne!(drawn(Some(Observe::Seed(Seed(8)))), Observe::Seed(Seed(8)));
        let only_known = observe(ObserveRequest::One, &plan, &[Seed(0)], None).unwrap();
        assert_eq!(only_known, Observe::Seed(Seed(0)));
    }

    #[test]
    fn a_request_is_taken_as_it_is_if_there_is_such_a_run() {
        let plan = SeedPlan {
            fixed: vec![Seed(0)],
            fresh: 0,
            all_observed: false,
        };
        for text in ["all", "one", "0", "18446744073709551615"] {
            let request: ObserveRequest = text.parse().unwrap();
            assert_eq!(request.to_string(), text);
        }
        assert!("none".parse::<ObserveRequest>().is_err());
        let asked = |text: &str| observe(text.parse().unwrap(), &plan, &[Seed(0), Seed(3)], None);
        assert_eq!(asked("all").unwrap(), Observe::All);
        assert_eq!(asked("0").unwrap(), Observe::Seed(Seed(0)));
        let all = SeedPlan {
            all_observed: true,
            ..plan.clone()
        };
        let seeds = [Seed(0), Seed(3)];
        let of_all = observe("0".parse().unwrap(), &all, &seeds, None);
        assert_eq!(of_all.unwrap(), Observe::All);
        let fault = asked("4").unwrap_err();
        assert!(fault.hint.unwrap().contains("`0`, `3`"));
    }
}
