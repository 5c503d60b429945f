//! `[seeds]` of `exercise.toml`: on which data submissions run, and which answers are known.
//!
//! Never draws a seed.

use std::collections::BTreeMap;

use ids::{CheckId, Seed};
use serde::Deserialize;
use toml::Spanned;

use super::{error::Error, toml_file::Place};

/// On which seeds a submission runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedPlan {
    /// The same for every submission.
    pub fixed: Vec<Seed>,
    /// How many more are drawn for each grading.
    pub fresh: u32,
    /// Whether the runs on all of them are observed, whatever is asked for: when a line is printed is known in an observed
    /// run alone.
    pub all_observed: bool,
}

/// The most seeds of one kind: more runs would take too long.
const MOST_SEEDS: usize = 100;
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct SeedsFile {
    fixed: Vec<Seed>,
    fresh: u32,
    #[serde(default)]
    answers: BTreeMap<Seed, Spanned<String>>,
}

impl SeedsFile {
    /// The seeds, and the known answers.
    pub(super) fn seeds(
        self,
        place: Place<'_>,
        checks: &[CheckId],
        all_observed: bool,
    ) -> Result<(SeedPlan, BTreeMap<Seed, String>), Error> {
        let seeds = &self;
        if seeds.fixed.is_empty() && seeds.fresh == 0 {
            return Err(place
                .wrong_key(
                    &["seeds", "fixed"],
                    "there is no seed, so nothing would run",
                )
                .with_hint("give `fixed` a seed, or make `fresh` at least 1"));
        }
        for (name, count) in [
            ("fixed", seeds.fixed.len()),
            ("fresh", seeds.fresh as usize),
            ("answers", seeds.answers.len()),
        ] {
            if count > MOST_SEEDS {
                let what = format!(
                    "`{name}` asks for {count} seeds, and more than {MOST_SEEDS} would take minutes"
                );
                return Err(place.wrong_key(&["seeds", name], what));
            }
        }
        for answer in seeds.answers.values() {
            let text = answer.get_ref();
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if checks.contains(&CheckId::Total) && !is_number {
                let what = format!("the answer `{}` is no whole number", text.escape_debug());
                return Err(place.wrong(answer.span().start, what));
            }
        }
        let answers = self.answers.into_iter();
        let answers = answers.map(|(seed, answer)| (seed, answer.into_inner()));
        let plan = SeedPlan {
            fixed: self.fixed,
            fresh: self.fresh,
            all_observed,
        };
        Ok((plan, answers.collect()))
    }
}
