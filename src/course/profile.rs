//! `[profile]` of `exercise.toml`: how submissions are compiled.
//!
//! Never compiles anything.

use serde::Deserialize;
use toml::Spanned;

use super::{error::Error, toml_file::Place};

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

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ProfileFile {
    #[serde(default)]
    opt_level: Option<Spanned<u8>>,
    #[serde(default)]
    overflow_checks: bool,
    #[serde(default)]
    debug_assertions: bool,
}

impl ProfileFile {
    pub(super) fn profile(self, place: Place<'_>) -> Result<Profile, Error> {
        let opt_level = self.opt_level.map_or(Ok(0), |level| {
            if *level.get_ref() <= 3 {
                Ok(*level.get_ref())
            } else {
                Err(place.wrong(level.span().start, "`opt-level` is 0, 1, 2 or 3"))
            }
        })?;
        Ok(Profile {
            opt_level,
            overflow_checks: self.overflow_checks,
            debug_assertions: self.debug_assertions,
        })
    }
}
