//! Which seeds a submission is graded on.

use crate::{
    fault::{Fault, FaultKind},
    ids::Seed,
    spec::SeedPlan,
};

/// The seeds of one grading: the exercise's fixed ones, then those given, or else fresh ones.
///
/// # Errors
/// The system has no random numbers.
pub fn seeds(plan: &SeedPlan, given: &[Seed]) -> Result<Vec<Seed>, Fault> {
    let mut seeds = plan.fixed.clone();
    seeds.extend(given);
    if given.is_empty() {
        while seeds.len() < plan.fixed.len() + plan.fresh as usize {
            // 32 bits are plenty against guessing and short to type in a replay.
            let drawn = getrandom::u32().map_err(|error| {
                Fault::new(FaultKind::Internal, "failed to draw a seed").because(error)
            })?;
            if !seeds.contains(&Seed(drawn.into())) {
                seeds.push(Seed(drawn.into()));
            }
        }
    }
    let mut known = std::collections::BTreeSet::new();
    seeds.retain(|seed| known.insert(*seed));
    Ok(seeds)
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
        let given = seeds(&plan, &[Seed(7), Seed(0), Seed(7)]).unwrap();
        assert_eq!(given, [Seed(0), Seed(7)]);
        let (one, two) = (seeds(&plan, &[]).unwrap(), seeds(&plan, &[]).unwrap());
        assert_eq!((one.len(), one[0]), (3, Seed(0)));
        assert_ne!(one, two, "fresh seeds were drawn twice alike");
    }
}
