//! `[total]` and `[[mistakes]]` of an `exercise.toml`: what the total is made of, and which mistakes are known.
//!
//! A mistake in the total is described so that its total can be computed. Every other mistake is one that a check can name,
//! and the exercise says in its own words what it is. Never computes a total: `judge::mistakes` does.

use std::path::{Component, Path};

use ids::CheckId;
use judge::mistakes::{
    Choice, Combine, Computed, Expression, Mistake, Number, Scope, TotalSpec, Where,
};
use serde::Deserialize;
use toml::Spanned;

use super::{diagnoses::Diagnoses, error::Error, toml_file::Place};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TotalFile {
    value: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct MistakeFile {
    id: Spanned<String>,
    #[serde(default)]
    check: Option<Spanned<CheckId>>,
    #[serde(default)]
    value: Option<Spanned<String>>,
    #[serde(default)]
    total: Option<Spanned<String>>,
    #[serde(default)]
    files: Option<ChoiceName>,
    #[serde(default)]
    combine: Option<CombineName>,
    #[serde(default)]
    number: Option<Spanned<String>>,
    #[serde(default)]
    number_in: Option<WhereName>,
    says: String,
    #[serde(rename = "try")]
    advice: String,
    #[serde(default)]
    example: Option<Spanned<String>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum ChoiceName {
    All,
    AllButFirst,
    AllButLast,
    First,
    Last,
    FirstTwice,
    LastTwice,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum CombineName {
    Sum,
    Product,
    Concatenated,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum WhereName {
    Total,
    Value,
}

impl Place<'_> {
    /// An expression, or an error at its line and column.
    fn expression(
        self,
        key: &str,
        written: &Spanned<String>,
        scope: Scope,
    ) -> Result<Expression, Error> {
        let text = written.get_ref();
        Expression::parse(text, scope).map_err(|error| {
            let start = written.span().start;
            // Where the text stands as it is, between quotation marks.
            let inner = self.text[written.span()].find(text.as_str());
            let offset = start + inner.map_or(0, |inner| inner + error.at);
            let line_start = self.text[..offset].rfind('\n').map_or(0, |end| end + 1);
            let column = self.text[line_start..offset].chars().count() + 1;
            self.wrong(
                offset,
                format!("column {column}: `{key}` cannot be computed: {}", error.what),
            )
            .with_hint(
                "write whole numbers, `line(N)` with N counted from one, `+`, `-`, `*` and parentheses; docs/exercises.md \
                 has all of it",
            )
        })
    }
}

/// A mistake that a check names, in the words of the exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedMistake {
    /// The check that it fails.
    pub check: CheckId,
    /// Its name, as the check gives it.
    pub id: String,
    /// What the mistake is: a sentence without full stop.
    pub says: String,
    /// What to try.
    pub advice: String,
    /// A submission that makes it: a folder, seen from the course's.
    pub example: Option<String>,
}

/// What the total is made of, and the mistakes that are known: those in the total, and all others.
pub(super) fn mistakes(
    place: Place<'_>,
    total: Option<&TotalFile>,
    list: &[MistakeFile],
    checks: &[CheckId],
) -> Result<(Option<TotalSpec>, Vec<NamedMistake>), Error> {
    let mut in_total: Vec<Mistake> = Vec::new();
    let mut named: Vec<NamedMistake> = Vec::new();
    for file in list {
        let at = file.id.span().start;
        let id = file.id.get_ref();
        let is_known = match &file.check {
            Some(check) => {
                let mistake = named_mistake(place, file, check, checks)?;
                let is_same =
                    |one: &NamedMistake| one.id == mistake.id && one.check == mistake.check;
                let is_known = named.iter().any(is_same);
                named.push(mistake);
                is_known
            }
            None if total.is_none() => {
                return Err(place
                    .wrong(
                        at,
                        "mistakes are listed, and nothing says what the right total is",
                    )
                    .with_hint(
                        "add `[total]` with the `value` of one file, such as \"line(3) * line(17)\"; or, for a mistake that \
                         another check names, the `check`",
                    ));
            }
            None => {
                let mistake = mistake(place, file)?;
                let is_known = in_total.iter().any(|earlier| earlier.id == mistake.id);
                in_total.push(mistake);
                is_known
            }
        };
        if is_known {
            let what = format!("mistake `{id}` is listed twice");
            return Err(place
                .wrong(at, what)
                .with_hint("give each mistake an `id` of its own"));
        }
    }
    let spec = total.map(|total| {
        Ok(TotalSpec {
            value: place.expression("value", &total.value, Scope::File)?,
            value_text: total.value.get_ref().clone(),
            mistakes: in_total,
        })
    });
    Ok((spec.transpose()?, named))
}

/// What every mistake has: a name, words and perhaps an example.
fn check_words(place: Place<'_>, file: &MistakeFile) -> Result<(), Error> {
    let at = file.id.span().start;
    let id = file.id.get_ref();
    let is_name = |id: &str| {
        let signs = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        id.starts_with(|c: char| c.is_ascii_lowercase()) && id.len() <= 40 && id.bytes().all(signs)
    };
    if !is_name(id) {
        let what = format!("the id `{}` is no name of a mistake", id.escape_debug());
        return Err(place.wrong(at, what).with_hint(
            "use small letters, digits and `-`, at most 40, such as `lines-from-zero`",
        ));
    }
    for (key, text) in [("says", &file.says), ("try", &file.advice)] {
        if text.trim().is_empty() || text.contains('\n') {
            let what = format!("mistake `{id}`: `{key}` is no sentence");
            return Err(place
                .wrong(at, what)
                .with_hint("write one sentence for a student, on one line"));
        }
    }
    if let Some(example) = &file.example {
        let path = Path::new(example.get_ref());
        let mut parts = path.components().peekable();
        if parts.peek().is_none() || !parts.all(|part| matches!(part, Component::Normal(_))) {
            let what = format!("mistake `{id}`: `example` is no folder of the course");
            return Err(place
                .wrong(example.span().start, what)
                .with_hint("write the folder as it is seen from grader.toml, without `..`"));
        }
    }
    Ok(())
}

/// A mistake that a check names.
fn named_mistake(
    place: Place<'_>,
    file: &MistakeFile,
    check: &Spanned<CheckId>,
    checks: &[CheckId],
) -> Result<NamedMistake, Error> {
    check_words(place, file)?;
    let id = file.id.get_ref();
    let is_of_total = file.value.is_some()
        || file.total.is_some()
        || file.files.is_some()
        || file.combine.is_some()
        || file.number.is_some()
        || file.number_in.is_some();
    if is_of_total {
        let what = format!("mistake `{id}` has `check`, and says what the total is");
        return Err(place.wrong(check.span().start, what).with_hint(
            "leave out `check` for a mistake in the total, or leave out what is said of the total",
        ));
    }
    let check = *check.get_ref();
    if !checks.contains(&check) {
        let what = format!("mistake `{id}` is of `{check}`, which this exercise does not ask");
        return Err(place
            .wrong(file.id.span().start, what)
            .with_hint("add a `[[checks]]` with this id, or remove the mistake"));
    }
    Diagnoses::of_checks().check(id, |what| place.wrong(file.id.span().start, what))?;
    Ok(NamedMistake {
        check,
        id: id.clone(),
        says: file.says.clone(),
        advice: file.advice.clone(),
        example: example(file),
    })
}

fn example(file: &MistakeFile) -> Option<String> {
    let example = file.example.as_ref();
    example.map(|example| example.get_ref().clone())
}

/// A mistake in the total.
fn mistake(place: Place<'_>, file: &MistakeFile) -> Result<Mistake, Error> {
    check_words(place, file)?;
    let at = file.id.span().start;
    let id = file.id.get_ref();
    let number = file.number.as_ref().map(|name| {
        let number = Number::named(name.get_ref()).ok_or_else(|| {
            let what = format!(
                "mistake `{id}`: `{}` is no type",
                name.get_ref().escape_debug()
            );
            place
                .wrong(name.span().start, what)
                .with_hint("`number` is u8, i8, u16, i16, u32, i32, u64, i64 or f32")
        })?;
        let place = match file.number_in {
            Some(WhereName::Value) => Where::Value,
            Some(WhereName::Total) | None => Where::Total,
        };
        Ok((number, place))
    });
    let number = number.transpose()?;
    let is_of_files =
        file.value.is_some() || file.files.is_some() || file.combine.is_some() || number.is_some();
    let computed = match &file.total {
        Some(_) if is_of_files => {
            let what =
                format!("mistake `{id}` has `total`, and says something of single files too");
            return Err(place.wrong(at, what).with_hint(
                "leave out `value`, `files`, `combine` and `number`, or leave out `total`",
            ));
        }
        Some(total) => Computed::Total(place.expression("total", total, Scope::Total)?),
        None if !is_of_files => {
            let what = format!("mistake `{id}` says nothing that differs from the right total");
            return Err(place
                .wrong(at, what)
                .with_hint("add `value`, `files`, `combine`, `number` or `total`"));
        }
        None => Computed::Files {
            value: match &file.value {
                Some(value) => Some(place.expression("value", value, Scope::File)?),
                None => None,
            },
            files: file.files.map_or(Choice::All, Choice::from),
            combine: file.combine.map_or(Combine::Sum, Combine::from),
            number,
        },
    };
    Ok(Mistake {
        id: id.clone(),
        computed,
        says: file.says.clone(),
        advice: file.advice.clone(),
        example: example(file),
    })
}

impl From<ChoiceName> for Choice {
    fn from(name: ChoiceName) -> Self {
        match name {
            ChoiceName::All => Self::All,
            ChoiceName::AllButFirst => Self::AllButFirst,
            ChoiceName::AllButLast => Self::AllButLast,
            ChoiceName::First => Self::First,
            ChoiceName::Last => Self::Last,
            ChoiceName::FirstTwice => Self::FirstTwice,
            ChoiceName::LastTwice => Self::LastTwice,
        }
    }
}

impl From<CombineName> for Combine {
    fn from(name: CombineName) -> Self {
        match name {
            CombineName::Sum => Self::Sum,
            CombineName::Product => Self::Product,
            CombineName::Concatenated => Self::Concatenated,
        }
    }
}
