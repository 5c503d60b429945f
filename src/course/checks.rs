//! `[[checks]]` of `exercise.toml`: what is asked, and what it is worth.
//!
//! Never knows how a check is decided.

use ids::CheckId;
use judge::verdict::CheckSpec;
use serde::Deserialize;
use toml::Spanned;

use super::{error::Error, toml_file::Place};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckFile {
    id: Spanned<CheckId>,
    points: u32,
    #[serde(default)]
    hint: Option<String>,
}

/// The checks, known, each at most once, in the order of [`CheckId::ALL`], with points that add up.
pub(super) fn checks(
    place: Place<'_>,
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
            return Err(place.wrong(check.id.span().start, what).with_hint(format!(
                "checks are listed once each, in this order: {order}"
            )));
        }
        checks.push(CheckSpec {
            id,
            points: check.points,
            hint: check.hint.clone(),
        });
    }
    let sum: u64 = checks.iter().map(|check| u64::from(check.points)).sum();
    if sum == 0 {
        return Err(place
            .wrong(list.span().start, "no check is worth a point")
            .with_hint("give at least one check `points` above 0"));
    }
    if sum != u64::from(*points.get_ref()) {
        let what = format!(
            "`points` is {}, but the checks add up to {sum}",
            points.get_ref()
        );
        return Err(place
            .wrong(points.span().start, what)
            .with_hint("change `points`, or the points of a check"));
    }
    Ok(checks)
}
