//! The names that mistakes have, so that a slip in one is an error of the course.
//!
//! A name that no check gives would leave its words or hints unused, and nobody would see it. Never says what a mistake is.

use ids::words::nearest;
use judge::{
    check::{BRIEFLY_NAMED, mistakes},
    mistakes::explained,
};

use super::error::Error;

/// The names that a place of the course may use.
pub(super) struct Diagnoses(Vec<String>);

impl Diagnoses {
    /// Those that checks give in every exercise.
    pub(super) fn of_checks() -> Self {
        let of_checks = mistakes().into_iter().chain(explained());
        let mut names: Vec<String> = of_checks.map(|mistake| mistake.name).collect();
        names.extend(BRIEFLY_NAMED.iter().map(|name| (*name).to_owned()));
        Self(names)
    }

    /// The same, and those that an exercise has of its own.
    pub(super) fn and<'a>(mut self, own: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.extend(own.into_iter().map(str::to_owned));
        self
    }

    /// An error that `wrong` makes, unless a mistake has this name.
    pub(super) fn check(
        &self,
        name: &str,
        wrong: impl FnOnce(String) -> Error,
    ) -> Result<(), Error> {
        if self.0.iter().any(|known| known == name) {
            return Ok(());
        }
        let hint = match nearest(name, self.0.iter().map(String::as_str)) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "`grade explain` lists the names, and a report in JSON has that of each failed check as `diagnosis`"
                .to_owned(),
        };
        let what = format!("no check names a mistake `{}`", name.escape_debug());
        Err(wrong(what).with_hint(hint))
    }
}
