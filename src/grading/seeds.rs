//! Which seeds a submission is graded on.

use crate::{course::SeedPlan, fault::Fault};
use ids::Seed;

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
}
