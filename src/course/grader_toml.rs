//! The course: `grader.toml`, and the exercises below it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use sandbox::Limits;
use serde::Deserialize;
use toml::Spanned;

use super::{
    diagnoses::Diagnoses,
    error::{COURSE_FILE, Error},
    ladders::{Ladder, LadderFile, ladders},
    submission_pattern::SubmissionPattern,
    tier::{IsolationPolicy, PolicyFile},
    toml_file::{mistake, offset_of, read},
    units::{LimitsFile, Size},
};

/// A course: defaults, limits, allowed crates, and where exercises are.
#[derive(Debug, Clone)]
pub struct Course {
    /// The folder of `grader.toml`, absolute.
    pub root: PathBuf,
    /// The folder of the exercises.
    pub exercises: PathBuf,
    /// The folder of the model solutions.
    pub references: PathBuf,
    /// Limits of the compiler, unless an exercise says otherwise.
    pub build_limits: Limits,
    /// Limits of one run, unless an exercise says otherwise.
    pub run_limits: Limits,
    /// How large a submission may be.
    pub intake: intake::Limits,
    /// What submissions may depend on, by package name.
    pub crates: BTreeMap<String, AllowedCrate>,
    /// How well submissions must be isolated.
    pub isolation: IsolationPolicy,
    /// Where temporary folders go, if the course says so.
    pub temp_dir: Option<PathBuf>,
    /// Where the submissions are in a repository, for pull requests, if the course says so.
    pub submissions: Option<SubmissionPattern>,
    /// Hints for what fails in any exercise.
    pub ladders: Vec<Ladder>,
}

/// A crate that submissions may use. Its exact version is in `grader.lock`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedCrate {
    /// The version requirement that the course's lock file satisfies.
    pub requirement: semver::VersionReq,
    /// Whether its default features are on.
    pub default_features: bool,
    /// Cargo features that are on besides the defaults.
    pub features: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CourseFile {
    #[serde(rename = "format-version")]
    _format_version: i64,
    #[serde(default = "default_exercises")]
    exercises: PathBuf,
    #[serde(default = "default_references")]
    references: PathBuf,
    #[serde(default)]
    temp_dir: Option<PathBuf>,
    #[serde(default)]
    isolation: PolicyFile,
    #[serde(default)]
    limits: CourseLimitsFile,
    #[serde(default)]
    submission: IntakeFile,
    #[serde(default)]
    crates: BTreeMap<String, CrateFile>,
    #[serde(default)]
    ci: CiFile,
    #[serde(default)]
    ladders: Vec<LadderFile>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CiFile {
    #[serde(default)]
    submissions: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CourseLimitsFile {
    #[serde(default)]
    build: LimitsFile,
    #[serde(default)]
    run: LimitsFile,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct IntakeFile {
    #[serde(default)]
    entries: Option<usize>,
    #[serde(default)]
    size: Option<Size>,
    #[serde(default)]
    depth: Option<usize>,
}

impl IntakeFile {
    fn limits(&self) -> intake::Limits {
        intake::Limits {
            entries: self.entries.unwrap_or(INTAKE_LIMITS.entries),
            bytes: self.size.map_or(INTAKE_LIMITS.bytes, |size| size.0),
            depth: self.depth.unwrap_or(INTAKE_LIMITS.depth),
        }
    }
}

/// The key whose value is out of its range, and the range: below the range no crate would be admitted, and
/// the fault would name the reference; above it nothing would be bounded.
fn out_of_range(limits: &intake::Limits) -> Option<(&'static str, String)> {
    let intake::Limits {
        entries,
        bytes,
        depth,
    } = limits;
    if !(3..=1_000_000).contains(entries) {
        let what = format!("`entries` is {entries}, it must be 3 to 1000000");
        Some(("entries", what))
    } else if !(1 << 10..=1 << 34).contains(bytes) {
        Some(("size", "`size` must be 1 KiB to 16 GiB".into()))
    } else if !(1..=100).contains(depth) {
        let what = format!("`depth` is {depth}, it must be 1 to 100");
        Some(("depth", what))
    } else {
        None
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CrateFile {
    version: semver::VersionReq,
    #[serde(default = "yes")]
    default_features: bool,
    #[serde(default)]
    features: Vec<String>,
}

fn yes() -> bool {
    true
}

fn default_exercises() -> PathBuf {
    "exercises".into()
}

fn default_references() -> PathBuf {
    "reference".into()
}

/// A program that a beginner's computer compiles in half a minute at worst, with all its cores.
const BUILD_LIMITS: Limits = Limits {
    wall: Duration::from_secs(30),
    cpu: Duration::from_mins(4),
    memory_bytes: 4 << 30,
    tasks: 512,
    open_files: 1024,
    file_bytes: 1 << 30,
    disk_bytes: 2 << 30,
    disk_files: 50_000,
    output_bytes: 4 << 20,
};
/// A run takes milliseconds; ten seconds are for a slow machine under load. A program with a thousand threads
/// and a file each is an honest solution, so several times as many are allowed.
const RUN_LIMITS: Limits = Limits {
    wall: Duration::from_secs(10),
    cpu: Duration::from_secs(30),
    memory_bytes: 1 << 30,
    tasks: 2048,
    open_files: 4096,
    file_bytes: 64 << 20,
    disk_bytes: 256 << 20,
    disk_files: 10_000,
    output_bytes: 16 << 20,
};
/// Generous for source code, with a student's own thousand data files beside it.
const INTAKE_LIMITS: intake::Limits = intake::Limits {
    entries: 10_000,
    bytes: 32 << 20,
    depth: 16,
};

impl Course {
    /// The file that makes a folder a course.
    pub const FILE: &'static str = COURSE_FILE;

    /// Find the course that `start` is in: the nearest folder upwards with a `grader.toml`.
    ///
    /// # Errors
    /// There is none.
    pub fn find(start: &Path) -> Result<PathBuf, Error> {
        start
            .ancestors()
            .find(|folder| folder.join(Self::FILE).is_file())
            .map(Path::to_path_buf)
            .ok_or_else(|| Error::NoCourse {
                file: Self::FILE,
                start: start.to_path_buf(),
            })
    }

    /// Load `grader.toml` in `root`.
    ///
    /// # Errors
    /// It cannot be read, or has a value that is not allowed.
    pub fn load(root: &Path) -> Result<Self, Error> {
        let path = root.join(Self::FILE);
        let (text, file) = read::<CourseFile>(&path)?;
        let intake = file.submission.limits();
        if let Some((key, what)) = out_of_range(&intake) {
            let offset = offset_of(&text, &["submission", key]);
            return Err(mistake(&path, &text, offset, what));
        }
        let submissions = file.ci.submissions.map(|pattern| {
            let parsed = pattern.get_ref().parse::<SubmissionPattern>();
            parsed.map_err(|error| {
                let what = format!("`submissions` {error}");
                mistake(&path, &text, pattern.span().start, what)
            })
        });
        Ok(Self {
            submissions: submissions.transpose()?,
            ladders: ladders(&path, &text, file.ladders, &Diagnoses::of_checks())?,
            exercises: root.join(file.exercises),
            references: root.join(file.references),
            isolation: file.isolation.policy(),
            temp_dir: file.temp_dir.map(|dir| root.join(dir)),
            build_limits: file.limits.build.over(BUILD_LIMITS),
            run_limits: file.limits.run.over(RUN_LIMITS),
            intake,
            crates: file
                .crates
                .into_iter()
                .map(|(name, c)| {
                    (
                        name,
                        AllowedCrate {
                            requirement: c.version,
                            default_features: c.default_features,
                            features: c.features,
                        },
                    )
                })
                .collect(),
            root: root.to_path_buf(),
        })
    }

    /// The course's lock file: the exact version of every allowed crate and of what it needs.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        self.root.join("grader.lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_has_its_default_features_unless_the_course_leaves_them_out() {
        let course = Course::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(course.crates["rayon"].default_features);
        assert!(!course.crates["ureq"].default_features);
    }
}
