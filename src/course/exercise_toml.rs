//! One exercise: `exercise.toml`, and where its starter and its reference are.

use std::{
    collections::BTreeMap,
    path::{Component, PathBuf},
};

use dataset::Recipe;
use sandbox::Limits;
use serde::Deserialize;
use toml::Spanned;

use super::{
    checks::{CheckFile, checks},
    diagnoses::Diagnoses,
    error::Error,
    grader_toml::Course,
    ladders::{self, Ladder, LadderFile},
    mistakes::{MistakeFile, NamedMistake, TotalFile, mistakes},
    profile::{Profile, ProfileFile},
    questions::{Asked, ExpectFile, Given, OrderFile, OverlapFile, RunFile, questions},
    recipe::RecipeFile,
    seeds::{SeedPlan, SeedsFile},
    slow::{KnownNames, LatencyFile, ServerFile, SlowPlan, slow_plan},
    toml_file::{Place, read},
    units::LimitsFile,
};
use ids::{CheckId, ExerciseId, Seed};
use judge::{mistakes::TotalSpec, questions::Questions, verdict::CheckSpec};

/// What is asked of a student, and what it is worth.
#[derive(Debug, Clone)]
pub struct Exercise {
    /// The name of its folder.
    pub id: ExerciseId,
    /// A headline.
    pub title: String,
    /// One sentence that says what is asked.
    pub summary: String,
    /// A note at the end of every report, such as what is not examined.
    pub notice: Option<String>,
    /// How its data files are made.
    pub recipe: Recipe,
    /// Where they take time, if they do.
    pub slow: Option<SlowPlan>,
    /// What a program gets besides its data.
    pub given: Given,
    /// On which seeds a submission runs.
    pub seeds: SeedPlan,
    /// Answers that are known to be right, independently of the reference: whole numbers in decimal where the total is
    /// asked for, and lines elsewhere.
    pub answers: BTreeMap<Seed, String>,
    /// Processors that a program sees, whatever the machine has.
    pub processors: u32,
    /// How submissions are compiled.
    pub profile: Profile,
    /// Its checks, in the order in which they are asked.
    pub checks: Vec<CheckSpec>,
    /// What they ask.
    pub questions: Questions,
    /// Hints for what fails.
    pub ladders: Vec<Ladder>,
    /// What the total is made of, and which mistakes are known, if it says so.
    pub total: Option<TotalSpec>,
    /// The other mistakes that are known, in the exercise's own words.
    pub mistakes: Vec<NamedMistake>,
    /// Limits of the compiler.
    pub build_limits: Limits,
    /// Limits of one run.
    pub run_limits: Limits,
    /// The folder that a student gets and edits.
    pub starter: PathBuf,
    /// The same folder seen from the course's, for students who hand in a checkout of it; empty if it lies
    /// elsewhere.
    pub home: PathBuf,
    /// The model solution.
    pub reference: PathBuf,
}

/// Processors that a program sees, unless the exercise says otherwise.
const PROCESSORS: u32 = 8;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ExerciseFile {
    #[serde(rename = "format-version")]
    _format_version: i64,
    title: String,
    summary: String,
    #[serde(default)]
    notice: Option<String>,
    points: Spanned<u32>,
    recipe: RecipeFile,
    #[serde(default)]
    latency: Option<LatencyFile>,
    #[serde(default)]
    server: Option<ServerFile>,
    #[serde(default)]
    run: RunFile,
    #[serde(default)]
    expect: Option<ExpectFile>,
    #[serde(default)]
    overlap: Option<OverlapFile>,
    #[serde(default)]
    order: Vec<Spanned<OrderFile>>,
    seeds: SeedsFile,
    #[serde(default)]
    processors: Option<Spanned<u32>>,
    #[serde(default)]
    profile: ProfileFile,
    #[serde(default)]
    limits: StageLimitsFile,
    checks: Spanned<Vec<CheckFile>>,
    #[serde(default)]
    ladders: Vec<LadderFile>,
    #[serde(default)]
    total: Option<TotalFile>,
    #[serde(default)]
    mistakes: Vec<MistakeFile>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct StageLimitsFile {
    #[serde(default)]
    build: LimitsFile,
    #[serde(default)]
    run: LimitsFile,
}

impl Exercise {
    /// Load `exercise.toml` of an exercise of `course`.
    pub(super) fn load(course: &Course, id: ExerciseId) -> Result<Self, Error> {
        let starter = course.exercises.join(id.as_str());
        let path = starter.join("exercise.toml");
        let (text, file) = read::<ExerciseFile>(&path)?;
        let place = Place {
            path: &path,
            text: &text,
        };
        let checks = checks(place, &file.checks, &file.points)?;
        let ids: Vec<CheckId> = checks.iter().map(|check| check.id).collect();
        let recipe = file.recipe.recipe(place, &course.root)?;
        if file.total.is_some() && !matches!(recipe, Recipe::Numbers(_)) {
            return Err(place
                .wrong_key(
                    &["total"],
                    "`[total]` is of files of numbers, and these are others",
                )
                .with_hint("remove `[total]`; `[[mistakes]]` with a `check` need none"));
        }
        let names = KnownNames::of(&recipe, file.server.as_ref());
        let slow = slow_plan(place, file.latency, file.server, &names)?;
        let asked = Asked {
            expect: file.expect,
            overlap: file.overlap,
            order: file.order,
            is_slow: slow.is_some(),
        };
        let questions = questions(place, ids.clone(), asked, &names)?;
        let processors = file.processors.map_or(Ok(PROCESSORS), |processors| {
            if (1..=1024).contains(processors.get_ref()) {
                Ok(*processors.get_ref())
            } else {
                Err(place.wrong(processors.span().start, "`processors` is 1 to 1024"))
            }
        })?;
        let (total, mistakes) = mistakes(place, file.total.as_ref(), &file.mistakes, &ids)?;
        let in_total = total.iter().flat_map(|total| &total.mistakes);
        let names = Diagnoses::of_checks().and(in_total.map(|mistake| mistake.id.as_str()));
        let ladders = ladders::of_exercise(
            (&path, &text),
            file.ladders,
            &checks,
            (&course.ladders, &id),
            &names,
        )?;
        let given = file.run.given(place)?;
        let (seeds, answers) = file.seeds.seeds(place, &ids, slow.is_some())?;
        Ok(Self {
            title: file.title,
            summary: file.summary,
            notice: file.notice,
            recipe,
            slow,
            given,
            seeds,
            answers,
            processors,
            profile: file.profile.profile(place)?,
            questions,
            checks,
            ladders,
            total,
            mistakes,
            build_limits: file.limits.build.over(course.build_limits),
            run_limits: file.limits.run.over(course.run_limits),
            reference: course.references.join(id.as_str()),
            home: starter
                .strip_prefix(&course.root)
                .map(|home| home.components().collect::<PathBuf>())
                .ok()
                .filter(|home| home.components().all(is_name))
                .unwrap_or_default(),
            starter,
            id,
        })
    }

    /// Which crate is looked for in what a student handed in for this exercise.
    #[must_use]
    pub fn wanted(&self) -> intake::Wanted<'_> {
        self.wanted_among(&[])
    }

    /// Which crate is looked for in what a student handed in for several exercises; if there are none, for this one.
    #[must_use]
    pub fn wanted_among<'a>(&'a self, among: &'a [ExerciseId]) -> intake::Wanted<'a> {
        intake::Wanted {
            exercise: self.id.as_str(),
            checkout: &self.home,
            among,
        }
    }

    /// The points of all checks together.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.checks.iter().map(|check| check.points).sum()
    }
}

/// Whether a part of a path is a plain name, neither `..` nor `.`.
fn is_name(part: Component<'_>) -> bool {
    matches!(part, Component::Normal(_))
}
