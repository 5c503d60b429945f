//! What holds for a whole batch, however often it is continued: the seeds, the time limit of a run, and the
//! inputs that all records share.
//!
//! Hides their file. It is written before the first submission is graded, so that both parts of a stopped
//! batch are graded alike, and so that a report can tell records of this batch from records of an earlier one.
//! Never draws a seed a second time.

use std::{path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    key::{Inputs, Key},
    output_dir::{self, OutputDir},
    records::json,
};
use crate::{
    course::SeedPlan,
    fault::Fault,
    grading::{self, Observe, ObserveRequest, RunPlan},
};
use ids::{Digest, ExerciseId, Seed, SubmissionId};

const FILE: &str = "seeds.json";
const SCHEMA: &str = "grade-seeds/1";

/// What is drawn or measured once and holds for the whole batch, however often it is continued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    schema: String,
    pub(super) exercise: ExerciseId,
    pub(super) seeds: Vec<Seed>,
    /// Which runs are observed. In a file of an earlier version, all are.
    #[serde(default = "all")]
    pub(super) observe: Observe,
    /// Where the seeds come from that are not the exercise's own. A file of an earlier version lacks this;
    /// then all of its seeds stay, as if the user had given them.
    #[serde(default)]
    more: Option<More>,
    /// The limit on real time of one run. It follows from the reference's time, which differs each time;
    /// records name the limit.
    run_limit_ms: Option<u64>,
    /// The state of the exercise for which that limit holds.
    limit_for: Option<Digest>,
    /// How many regradings of the whole class were begun. It is part of every key, so that a regrading that
    /// was stopped continues where it stopped.
    #[serde(default)]
    pub(super) generation: u64,
    /// Whether the last regrading is not complete yet.
    #[serde(default)]
    is_under_way: bool,
    /// The pattern by which names are read, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    names: Option<String>,
    /// The inputs that all records share. A file of an earlier version lacks them; then every record counts.
    #[serde(default)]
    made_from: Inputs,
}

/// The seeds beside the exercise's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum More {
    Given(Vec<Seed>),
    Drawn(Vec<Seed>),
}

fn all() -> Observe {
    Observe::All
}

/// What a plan is settled from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wishes<'a> {
    pub(super) exercise: &'a ExerciseId,
    /// How many seeds the exercise wants, and its own ones.
    pub(super) own: &'a SeedPlan,
    /// The seeds that the user gives.
    pub(super) given: &'a [Seed],
    /// Which runs are to be observed.
    pub(super) observe: ObserveRequest,
    /// The pattern by which names are read.
    pub(super) names: Option<&'a str>,
    /// Where the plan is kept, to be named.
    pub(super) place: &'a Path,
}

impl Plan {
    /// The plan: the exercise's own seeds as they are now, with those that the user gives, or else those that were
    /// `kept`, or else fresh ones. Another way to read names than the one that was kept gives other students, so it is
    /// refused.
    pub(super) fn settle(kept: Option<Self>, wishes: &Wishes<'_>) -> Result<Self, Fault> {
        let Wishes {
            exercise,
            own,
            given,
            observe: request,
            names,
            place,
        } = *wishes;
        if let Some(kept) = &kept {
            kept.check_is_of(exercise, place)?;
            kept.check_names(names, place)?;
        }
        let (given, drawn) = match &kept {
            Some(kept) if given.is_empty() => match &kept.more {
                Some(More::Drawn(drawn)) => (given, &drawn[..]),
                Some(More::Given(given)) => (&given[..], &[][..]),
                None => (&kept.seeds[..], &[][..]),
            },
            _ => (given, &[][..]),
        };
        let seeds = grading::seeds(own, given, drawn)?;
        let kept_observe = kept.as_ref().map(|kept| kept.observe);
        let observe = grading::observe(request, own, &seeds, kept_observe)?;
        let is_drawn = |seed: &&Seed| !own.fixed.contains(seed);
        let more = if given.is_empty() {
            More::Drawn(seeds.iter().filter(is_drawn).copied().collect())
        } else {
            More::Given(given.to_vec())
        };
        let (generation, is_under_way) = kept
            .as_ref()
            .map_or((0, false), |kept| (kept.generation, kept.is_under_way));
        // The limit follows from the reference's time on exactly these seeds.
        let (run_limit_ms, limit_for) = kept
            .filter(|kept| kept.seeds == seeds)
            .map_or((None, None), |kept| (kept.run_limit_ms, kept.limit_for));
        Ok(Self {
            schema: SCHEMA.to_owned(),
            exercise: exercise.clone(),
            seeds,
            observe,
            more: Some(more),
            run_limit_ms,
            limit_for,
            generation,
            is_under_way,
            names: names.map(str::to_owned),
            made_from: Inputs::new(),
        })
    }

    /// On which data everybody runs, and which of the runs are observed.
    pub(super) fn runs(&self) -> RunPlan {
        RunPlan {
            seeds: self.seeds.clone(),
            observe: self.observe,
        }
    }

    /// What all records of the batch are made from that the plan decides.
    pub(super) fn inputs(&self) -> Inputs {
        let seeds: Vec<String> = self.seeds.iter().map(ToString::to_string).collect();
        let inputs = [
            ("seeds", seeds.join(" ")),
            ("observed", self.observe.to_string()),
            ("generation", self.generation.to_string()),
        ];
        inputs.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Refuse a plan of another exercise, which is kept at `place`.
    pub(super) fn check_is_of(&self, exercise: &ExerciseId, place: &Path) -> Result<(), Fault> {
        if self.exercise == *exercise {
            return Ok(());
        }
        let message = format!(
            "failed to use `{}` for `{exercise}`: it has a batch of `{}`",
            place.display(),
            self.exercise
        );
        Err(output_dir::unsuitable(message))
    }

    fn check_names(&self, names: Option<&str>, place: &Path) -> Result<(), Fault> {
        if self.names.as_deref() == names {
            return Ok(());
        }
        let how = match &self.names {
            Some(names) => format!("its names were read with `--names '{names}'`"),
            None => "its names were read without `--names`".to_owned(),
        };
        let message = format!("failed to continue the batch in `{}`", place.display());
        Err(Fault::usage(message)
            .because(how)
            .hint("use the same option, or choose another folder with `--out DIR`"))
    }

    /// Begin to grade the whole class again, or continue a regrading that was stopped.
    pub(super) fn begin_again(&mut self) {
        let raised = self.generation.wrapping_add(u64::from(!self.is_under_way));
        self.generation = raised;
        self.is_under_way = true;
    }

    /// Let the whole class be graded again by everybody who follows this plan.
    pub(super) fn raise(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// How names are read, if the user said so.
    pub(super) fn names(&self) -> Option<&str> {
        self.names.as_deref()
    }

    /// What all records of this batch are made from.
    pub(super) const fn made_from(&self) -> &Inputs {
        &self.made_from
    }

    /// Let this be what all records are made from.
    pub(super) fn set_made_from(&mut self, shared: Inputs) {
        self.made_from = shared;
    }

    /// Whether it can be used at all.
    pub(super) fn is_sound(&self) -> bool {
        self.schema == SCHEMA && !self.seeds.is_empty()
    }

    /// Every submission has a record of this batch.
    pub(super) fn complete(&mut self, folder: &OutputDir) -> Result<(), Fault> {
        if !self.is_under_way {
            return Ok(());
        }
        self.is_under_way = false;
        folder.write(FILE, &json(self)?)
    }

    /// The plan in `folder`. A damaged plan is an error: new seeds, drawn silently, would give half of a
    /// class other data.
    pub(super) fn read(folder: &OutputDir) -> Result<Option<Self>, Fault> {
        let Some(bytes) = folder.read(FILE)? else {
            return Ok(None);
        };
        let damaged = |why: String| {
            Fault::unreadable(&folder.root().join(FILE), why)
                .hint("remove it to draw new seeds and grade everybody again, or choose another `--out DIR`")
        };
        let plan: Self =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if !plan.is_sound() {
            return Err(damaged(format!("it is not a `{SCHEMA}` with seeds")));
        }
        Ok(Some(plan))
    }

    /// The limit on real time of one run that holds already, if the exercise is what it was.
    pub(super) fn wall_limit(&self, exercise: &Digest) -> Option<Duration> {
        let limit = self.run_limit_ms.map(Duration::from_millis);
        limit.filter(|_| self.limit_for.as_ref() == Some(exercise))
    }

    /// Let this limit hold for the whole batch.
    pub(super) fn set_wall_limit(&mut self, limit: Duration, exercise: Digest) {
        self.run_limit_ms = Some(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
        self.limit_for = Some(exercise);
    }

    /// Keep the plan of a batch whose records are all made from `shared`.
    pub(super) fn keep(&mut self, folder: &OutputDir, shared: &Inputs) -> Result<(), Fault> {
        self.made_from.clone_from(shared);
        folder.write(FILE, &json(self)?)
    }

    /// The key of a submission that has a record of this batch, and not of an earlier one that this batch replaces.
    pub(super) fn key_of_done(
        &self,
        folder: &OutputDir,
        id: &SubmissionId,
    ) -> Result<Option<Key>, Fault> {
        let key = Key::read(folder, id)?;
        let key = key.filter(|key| key.has(&self.made_from));
        Ok(key.filter(|_| folder.has(&output_dir::file(output_dir::RECORDS, id))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(folder: &OutputDir, fixed: &[u64], fresh: u32, given: &[u64]) -> Vec<u64> {
        let seeds = |numbers: &[u64]| numbers.iter().copied().map(Seed).collect::<Vec<_>>();
        let own = SeedPlan {
            fixed: seeds(fixed),
            fresh,
            all_observed: false,
        };
        let exercise = "sum-of-products".parse().unwrap();
        let wishes = Wishes {
            exercise: &exercise,
            own: &own,
            given: &seeds(given),
            observe: ObserveRequest::One,
            names: None,
            place: folder.root(),
        };
        let kept = Plan::read(folder).unwrap();
        let mut plan = Plan::settle(kept, &wishes).unwrap();
        plan.keep(folder, &Inputs::new()).unwrap();
        plan.seeds.iter().map(|seed| seed.0).collect()
    }

    #[test]
    fn drawn_seeds_stay_while_the_exercise_asks_for_as_many() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        let first = settled(&folder, &[0], 2, &[]);
        assert_eq!(settled(&folder, &[0], 2, &[]), first);
        let (one, two) = (first[1], first[2]);
        assert_eq!(settled(&folder, &[0, 42], 2, &[]), [0, 42, one, two]);
        let more = settled(&folder, &[42], 3, &[]);
        assert_eq!((more.len(), &more[..3]), (4, &[42, one, two][..]));
        assert_eq!(settled(&folder, &[42], 1, &[]), [42, one]);
    }

    #[test]
    fn given_seeds_stay_beside_the_exercises_own() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        assert_eq!(settled(&folder, &[0], 2, &[7, 0]), [0, 7]);
        assert_eq!(settled(&folder, &[0], 2, &[]), [0, 7]);
        assert_eq!(settled(&folder, &[0, 42], 5, &[]), [0, 42, 7]);
        assert_eq!(settled(&folder, &[0, 42], 5, &[8]), [0, 42, 8]);
    }

    #[test]
    fn a_class_is_graded_again_once_until_that_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        settled(&folder, &[0], 0, &[]);
        let mut generations = Vec::new();
        for is_completed in [false, true, false, false] {
            let mut plan = Plan::read(&folder).unwrap().unwrap();
            plan.begin_again();
            plan.keep(&folder, &Inputs::new()).unwrap();
            generations.push(plan.generation);
            if is_completed {
                plan.complete(&folder).unwrap();
            }
            // Other seeds, and without asking for it again.
            settled(&folder, &[0, plan.generation], 0, &[]);
        }
        assert_eq!(generations, [1, 1, 2, 2]);
    }

    #[test]
    fn all_seeds_of_a_file_of_the_earlier_form_stay() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        let file = r#"{"schema": "grade-seeds/1", "exercise": "sum-of-products",
            "seeds": ["0", "5", "6"], "run_limit_ms": 10000, "limit_for": null}"#;
        folder.write(FILE, file.as_bytes()).unwrap();
        assert_eq!(settled(&folder, &[0], 2, &[]), [0, 5, 6]);
        assert_eq!(settled(&folder, &[0, 42], 2, &[]), [0, 42, 5, 6]);
    }

    #[test]
    fn the_run_that_is_observed_stays_the_same_as_long_as_its_seed_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        settled(&folder, &[0], 4, &[]);
        let observed = || Plan::read(&folder).unwrap().unwrap().observe;
        let first = observed();
        for _ in 0..8 {
            settled(&folder, &[0], 4, &[]);
            assert_eq!(observed(), first);
        }
        settled(&folder, &[0], 4, &[8]);
        assert_eq!(observed(), Observe::Seed(Seed(8)));
    }
}
