//! Settings, resolved once.
//!
//! Precedence: a flag, then the environment (`GRADE_COURSE`, `GRADE_TEMP_DIR`, `GRADE_CACHE_DIR`), then
//! `grader.toml`, then what is built in. Rooms above this one get values without gaps.

mod isolation;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

pub use self::isolation::{Isolation, require};
use crate::{
    course::{Course, IsolationPolicy},
    fault::Fault,
};
use sandbox::Tier;

/// What the command line set.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The course's folder.
    pub course: Option<PathBuf>,
    /// Where temporary folders go.
    pub temp_dir: Option<PathBuf>,
    /// Where what is made once is kept.
    pub cache_dir: Option<PathBuf>,
}

/// The settings after resolution.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The course.
    pub course: Course,
    /// Where temporary folders go; `None` means where it works best.
    pub temp_dir: Option<PathBuf>,
    /// Where what is made once is kept.
    pub cache_dir: PathBuf,
}

impl Settings {
    /// Put the sources together. `here` is the folder in which relative paths start; `env` looks up a
    /// variable.
    ///
    /// # Errors
    /// There is no course, its file is wrong, or no folder for the cache is known.
    pub fn resolve(
        overrides: Overrides,
        here: &Path,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Fault> {
        let variable = |name: &str| {
            env(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let course = match overrides.course.or_else(|| variable("GRADE_COURSE")) {
            Some(folder) => Course::load(&here.join(folder))?,
            None => Course::load(&Course::find(here)?)?,
        };
        let temp_dir = overrides
            .temp_dir
            .or_else(|| variable("GRADE_TEMP_DIR"))
            .map(|dir| here.join(dir))
            .or_else(|| course.temp_dir.clone());
        let cache_dir = overrides
            .cache_dir
            .or_else(|| variable("GRADE_CACHE_DIR"))
            .map(|dir| here.join(dir))
            .or_else(|| variable("XDG_CACHE_HOME").map(|dir| dir.join("grade")))
            .or_else(|| variable("HOME").map(|dir| dir.join(".cache").join("grade")))
            .ok_or_else(|| {
                Fault::usage("found no place for the cache: neither HOME nor XDG_CACHE_HOME is set")
                    .hint("name one with `--cache-dir DIR`")
            })?;
        Ok(Self {
            course,
            temp_dir,
            cache_dir,
        })
    }
}

/// The author of the code that is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The user who started the program, as far as it knows.
    Own,
    /// Other people, as in a class.
    Others,
}

/// How submissions are to be isolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsolationDemand {
    /// What the user asks for.
    pub asked: Isolation,
    /// The lowest tier that is accepted.
    pub least: Tier,
}

impl IsolationDemand {
    /// A tier that the user asks for holds. Without one, the best possible tier holds, which must not be
    /// below what the course demands. For a class and in CI, where other people wrote the code, the course
    /// may demand more than at a terminal.
    pub fn resolve(
        asked: Isolation,
        policy: IsolationPolicy,
        author: Author,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        let in_ci = env("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        let least = match asked {
            Isolation::Exactly(_) => Tier::None,
            Isolation::Auto if author == Author::Others || in_ci => policy.batch,
            Isolation::Auto => policy.interactive,
        };
        Self { asked, least }
    }

    /// The same, where this tier is taken if the user asks for none. What the course demands still holds.
    #[must_use]
    pub fn or_exactly(self, tier: Tier) -> Self {
        let asked = match self.asked {
            Isolation::Auto => Isolation::Exactly(tier),
            asked @ Isolation::Exactly(_) => asked,
        };
        Self { asked, ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn course() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let file = "format-version = 1\ntemp-dir = \"from-file\"\n";
        fs::write(dir.path().join("grader.toml"), file).unwrap();
        fs::create_dir_all(dir.path().join("deep/er")).unwrap();
        dir
    }

    fn resolved(overrides: Overrides, variables: &[(&str, &str)]) -> Settings {
        let course = course();
        let here = course.path().join("deep/er");
        let env = |name: &str| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| OsString::from(value))
        };
        Settings::resolve(overrides, &here, env).unwrap()
    }

    #[test]
    fn a_flag_beats_the_environment_beats_the_file() {
        let home = ("HOME", "/home/x");
        let settings = resolved(Overrides::default(), &[home]);
        assert!(settings.temp_dir.unwrap().ends_with("from-file"));
        assert_eq!(settings.cache_dir, Path::new("/home/x/.cache/grade"));

        let environment = [home, ("GRADE_TEMP_DIR", "/env"), ("XDG_CACHE_HOME", "/xdg")];
        let settings = resolved(Overrides::default(), &environment);
        assert_eq!(settings.temp_dir.unwrap(), Path::new("/env"));
        assert_eq!(settings.cache_dir, Path::new("/xdg/grade"));

        let overrides = Overrides {
            temp_dir: Some("/flag".into()),
            ..Overrides::default()
        };
        let settings = resolved(overrides, &environment);
        assert_eq!(settings.temp_dir.unwrap(), Path::new("/flag"));
    }

    #[test]
    fn without_home_the_cache_must_be_named() {
        let course = course();
        let fault = Settings::resolve(Overrides::default(), course.path(), |_| None).unwrap_err();
        assert!(fault.hint.unwrap().contains("--cache-dir"));
        let dir = tempfile::tempdir().unwrap();
        let fault = Settings::resolve(Overrides::default(), dir.path(), |_| None).unwrap_err();
        assert!(fault.message.contains("grader.toml"));
    }

    #[test]
    fn a_course_demands_more_for_code_of_others_unless_a_tier_is_given() {
        let policy = IsolationPolicy {
            batch: Tier::Full,
            interactive: Tier::Weak,
        };
        let least = |asked, author, ci: Option<&str>| {
            let env = |name: &str| ci.filter(|_| name == "CI").map(OsString::from);
            IsolationDemand::resolve(asked, policy, author, env).least
        };
        let auto = Isolation::Auto;
        assert_eq!(least(auto, Author::Own, None), Tier::Weak);
        assert_eq!(least(auto, Author::Own, Some("false")), Tier::Weak);
        assert_eq!(least(auto, Author::Own, Some("1")), Tier::Full);
        assert_eq!(least(auto, Author::Others, None), Tier::Full);
        let none = Isolation::Exactly(Tier::None);
        assert_eq!(least(none, Author::Others, Some("1")), Tier::None);
        let planned = |asked| {
            let demand = IsolationDemand::resolve(asked, policy, Author::Others, |_| None);
            demand.or_exactly(Tier::Confined)
        };
        let demand = planned(auto);
        assert_eq!(demand.asked, Isolation::Exactly(Tier::Confined));
        assert_eq!(demand.least, Tier::Full);
        assert_eq!(planned(none).asked, none);
    }
}
