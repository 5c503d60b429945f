//! How slow each data file is: its latency on the virtual disk, from rules, names and seed.
//!
//! Hides how latencies are drawn. Never knows what a file contains.

use ids::FilePattern;

use crate::cpython::Random;

/// The virtual disk brings a file in four blocks, and each takes a whole number of milliseconds.
const STEP: u32 = 4;
/// The latency of a file for which no rule is, in milliseconds.
const DEFAULT: u32 = STEP;
/// The longest latency, in milliseconds: ten minutes.
const LONGEST: u32 = 600_000;

/// How slow the files are whose names fit. The first rule that fits a name holds for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencyRule {
    /// The files.
    pub files: FilePattern,
    /// The shortest latency, in milliseconds: a multiple of four.
    pub low: u32,
    /// The longest latency, in milliseconds: a multiple of four, at least `low`.
    pub high: u32,
}

impl LatencyRule {
    /// Check every bound.
    ///
    /// # Errors
    /// What is wrong with the latencies, as a sentence without full stop.
    pub fn validate(&self) -> Result<(), String> {
        let Self { files, low, high } = self;
        if low > high {
            return Err(format!(
                "the latencies of `{files}` begin at {low} ms and end at {high} ms"
            ));
        }
        for bound in [low, high] {
            if !(STEP..=LONGEST).contains(bound) || !bound.is_multiple_of(STEP) {
                return Err(format!(
                    "a latency of `{files}` is {bound} ms; it must be a multiple of 4 ms, from 4 ms to 10 min"
                ));
            }
        }
        Ok(())
    }
}

/// The latency of each file in milliseconds, in the order of `names`, which are in byte order.
///
/// The files of one rule get latencies that are spread evenly from the shortest to the longest, in an order that the seed
/// decides. So they are distinct if there are enough multiples of four. A single file gets one that the seed decides. The
/// rules draw in their order from CPython's generator, seeded with the seed and a constant.
#[must_use]
pub fn latencies(rules: &[LatencyRule], names: &[&str], seed: u64) -> Vec<u32> {
    let mut found = vec![DEFAULT; names.len()];
    let rule_of = |name: &&str| rules.iter().position(|rule| rule.files.matches(name));
    let holds: Vec<Option<usize>> = names.iter().map(rule_of).collect();
    // Not the generator of the data itself: what a file contains must not tell how slow it is.
    let mut random = Random::seed(seed ^ 0x6c61_7465_6e63_7921);
    for (number, rule) in rules.iter().enumerate() {
        let own: Vec<usize> = (0..names.len())
            .filter(|&at| holds[at] == Some(number))
            .collect();
        for (at, latency) in own.iter().zip(spread(rule, own.len(), &mut random)) {
            found[*at] = latency;
        }
    }
    found
}

/// So many latencies of a rule, in random order.
fn spread(rule: &LatencyRule, count: usize, random: &mut Random) -> Vec<u32> {
    let (low, high) = (rule.low / STEP, rule.high / STEP);
    let span = u64::from(high - low);
    if count == 1 {
        let drawn = random.randint(low.into(), high.into());
        return vec![u32::try_from(drawn).unwrap_or(low) * STEP];
    }
    let last = (count as u64).saturating_sub(1).max(1);
    let mut spread: Vec<u32> = (0..count as u64)
        .map(|at| (low + u32::try_from(at * span / last).unwrap_or_default()) * STEP)
        .collect();
    for end in (2..=count).rev() {
        spread.swap(end - 1, random.index_below(end));
    }
    spread
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn rule(files: &str, low: u32, high: u32) -> LatencyRule {
        let files = files.parse().unwrap();
        LatencyRule { files, low, high }
    }

    #[test]
    fn the_first_rule_that_fits_holds_and_others_take_4_ms() {
        let rules = [rule("slow*", 3000, 3000), rule("s*", 100, 100)];
        let found = latencies(&rules, &["a", "s", "slow", "slower"], 7);
        assert_eq!(found, [4, 100, 3000, 3000]);
    }

    #[test]
    fn wrong_bounds_are_refused_with_their_pattern() {
        for (low, high, words) in [
            (8, 4, "begin at 8 ms and end at 4 ms"),
            (0, 4, "is 0 ms"),
            (6, 8, "is 6 ms"),
            (4, 600_004, "is 600004 ms"),
        ] {
            let error = rule("x*", low, high).validate().unwrap_err();
            assert!(error.contains(words) && error.contains("`x*`"), "{error}");
        }
        assert_eq!(rule("x*", 4, 600_000).validate(), Ok(()));
    }

    #[test]
    fn the_order_depends_on_the_seed() {
        let names: Vec<String> = (0..10).map(|i| format!("t{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let orders: BTreeSet<_> = (0..20)
            .map(|seed| latencies(&[rule("t*", 200, 2000)], &names, seed))
            .collect();
        assert!(orders.len() > 15, "{orders:?}");
    }

    proptest::proptest! {
        #[test]
        fn latencies_are_multiples_of_four_in_range_and_distinct_where_they_can_be(
            (low, more) in (1u32..1000, 0u32..500),
            count in 0usize..60,
            seed in proptest::prelude::any::<u64>(),
        ) {
            let names: Vec<String> = (0..count).map(|i| format!("{i:02}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let rule = rule("*", low * 4, (low + more) * 4);
            let found = latencies(std::slice::from_ref(&rule), &names, seed);
            proptest::prop_assert_eq!(found.len(), count);
            let within = |one: &u32| one.is_multiple_of(4) && (rule.low..=rule.high).contains(one);
            proptest::prop_assert!(found.iter().all(within), "{:?}", found);
            let distinct: BTreeSet<_> = found.iter().collect();
            if more as usize + 1 >= count {
                proptest::prop_assert_eq!(distinct.len(), count);
            }
            if count > 1 {
                let both = [&rule.low, &rule.high];
                proptest::prop_assert!(both.iter().all(|end| distinct.contains(*end)));
            }
            proptest::prop_assert_eq!(latencies(&[rule], &names, seed), found);
        }
    }
}
