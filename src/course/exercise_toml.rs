//! One exercise: `exercise.toml`, and where its starter and its reference are.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use dataset::Recipe;
use sandbox::Limits;
use serde::Deserialize;
use toml::Spanned;

use super::{
    error::Error,
    grader_toml::Course,
    ladders::{Ladder, LadderFile, ladders},
    mistakes::{self, MistakeFile, TotalFile},
    recipe::RecipeFile,
    toml_file::{mistake, offset_of, read},
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
    /// On which seeds a submission runs.
    pub seeds: SeedPlan,
    /// Answers that are known to be right, independently of the reference: whole numbers in decimal.
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

/// On which seeds a submission runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedPlan {
    /// The same for every submission.
    pub fixed: Vec<Seed>,
    /// How many more are drawn for each grading.
    pub fresh: u32,
}

/// How submissions are compiled: the settings of rustc that change what a program does or costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// 0 to 3. Parallelism is proven by counting, so speed is worth little and compiling costs much.
    pub opt_level: u8,
    /// Whether integer overflow panics.
    pub overflow_checks: bool,
    /// Whether `debug_assert!` is on.
    pub debug_assertions: bool,
}

/// The most seeds of one kind: more runs would take too long.
const MOST_SEEDS: usize = 100;
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

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SeedsFile {
    fixed: Vec<Seed>,
    fresh: u32,
    #[serde(default)]
    answers: BTreeMap<Seed, Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ProfileFile {
    #[serde(default)]
    opt_level: Option<Spanned<u8>>,
    #[serde(default)]
    overflow_checks: bool,
    #[serde(default)]
    debug_assertions: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct StageLimitsFile {
    #[serde(default)]
    build: LimitsFile,
    #[serde(default)]
    run: LimitsFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckFile {
    id: Spanned<CheckId>,
    points: u32,
    #[serde(default)]
    hint: Option<String>,
}

impl Exercise {
    /// Load `exercise.toml` of an exercise of `course`.
    pub(super) fn load(course: &Course, id: ExerciseId) -> Result<Self, Error> {
        let starter = course.exercises.join(id.as_str());
        let path = starter.join("exercise.toml");
        let (text, file) = read::<ExerciseFile>(&path)?;
        let wrong = |offset, what: &str| mistake(&path, &text, offset, what);

        let key = |path: &[&str]| offset_of(&text, path);

        let kind = file.recipe.kind();
        let recipe = file.recipe.into_recipe();
        recipe.validate().map_err(|error| {
            let path = ["recipe", kind, error.key];
            wrong(key(&path), &error.to_string())
        })?;
        let seeds = &file.seeds;
        if seeds.fixed.is_empty() && seeds.fresh == 0 {
            return Err(wrong(
                key(&["seeds", "fixed"]),
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
                return Err(wrong(key(&["seeds", name]), &what));
            }
        }
        for answer in seeds.answers.values() {
            let text = answer.get_ref();
            let digits = text.strip_prefix('-').unwrap_or(text);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                let what = format!("the answer `{}` is no whole number", text.escape_debug());
                return Err(wrong(answer.span().start, &what));
            }
        }
        let opt_level = file.profile.opt_level.map_or(Ok(0), |level| {
            if *level.get_ref() <= 3 {
                Ok(*level.get_ref())
            } else {
                Err(wrong(level.span().start, "`opt-level` is 0, 1, 2 or 3"))
            }
        })?;
        let processors = file.processors.map_or(Ok(PROCESSORS), |processors| {
            if (1..=1024).contains(processors.get_ref()) {
                Ok(*processors.get_ref())
            } else {
                Err(wrong(processors.span().start, "`processors` is 1 to 1024"))
            }
        })?;
        let checks = checks(&path, &text, &file.checks, &file.points)?;
        let ladders = ladders(&path, &text, file.ladders, &checks)?;
        let place = mistakes::Place {
            path: &path,
            text: &text,
        };
        let total = mistakes::total(place, file.total.as_ref(), &file.mistakes)?;
        let answers = file.seeds.answers.into_iter();
        let answers = answers.map(|(seed, answer)| (seed, answer.into_inner()));
        Ok(Self {
            title: file.title,
            summary: file.summary,
            notice: file.notice,
            recipe,
            seeds: SeedPlan {
                fixed: file.seeds.fixed,
                fresh: file.seeds.fresh,
            },
            answers: answers.collect(),
            processors,
            profile: Profile {
                opt_level,
                overflow_checks: file.profile.overflow_checks,
                debug_assertions: file.profile.debug_assertions,
            },
            questions: Questions {
                checks: checks.iter().map(|check| check.id).collect(),
                ..Questions::default()
            },
            checks,
            ladders,
            total,
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

/// The checks, known, each at most once, in the order of [`CheckId::ALL`], with points that add up.
fn checks(
    path: &Path,
    text: &str,
    list: &Spanned<Vec<CheckFile>>,
    points: &Spanned<u32>,
) -> Result<Vec<CheckSpec>, Error> {
    let mut checks: Vec<CheckSpec> = Vec::new();
    for check in list.get_ref() {
        let id = *check.id.get_ref();
        if let Some(last) = checks.last()
            && last.id >= id
        {
            let what = if checks.iter().any(|earlier| earlier.id == id) {
                format!("check `{id}` is listed twice")
            } else {
                format!(
                    "check `{id}` comes after `{}`, which is asked later",
                    last.id
                )
            };
            let order = CheckId::ALL.map(CheckId::as_str).join(", ");
            return Err(
                mistake(path, text, check.id.span().start, what).with_hint(format!(
                    "checks are listed once each, in this order: {order}"
                )),
            );
        }
        checks.push(CheckSpec {
            id,
            points: check.points,
            hint: check.hint.clone(),
        });
    }
    let sum: u64 = checks.iter().map(|check| u64::from(check.points)).sum();
    if sum == 0 {
        return Err(
            mistake(path, text, list.span().start, "no check is worth a point")
                .with_hint("give at least one check `points` above 0"),
        );
    }
    if sum != u64::from(*points.get_ref()) {
        let what = format!(
            "`points` is {}, but the checks add up to {sum}",
            points.get_ref()
        );
        return Err(mistake(path, text, points.span().start, what)
            .with_hint("change `points`, or the points of a check"));
    }
    Ok(checks)
}
