//! `[latency]` and `[server]` of `exercise.toml`: how slow each data file is, and which ones come over HTTP.
//!
//! Never draws a latency: `dataset` does.

use std::collections::BTreeMap;

use dataset::{AnswerRule, LatencyRule, Recipe, ServerAnswer, ServerRecipe, is_data_name};
use ids::FilePattern;
use serde::Deserialize;
use toml::Spanned;

use super::{error::Error, toml_file::Place};

/// Where an exercise's files take time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowPlan {
    /// How long. The first rule that fits a name holds.
    pub latencies: Vec<LatencyRule>,
    /// Those that come over HTTP, if some do.
    pub server: Option<ServerRecipe>,
}

/// A table of latencies by pattern.
pub(super) type LatencyFile = BTreeMap<Spanned<FilePattern>, Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerFile {
    serve: Spanned<FilePattern>,
    list: Spanned<String>,
    #[serde(default)]
    answers: Vec<AnswerFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerFile {
    files: Spanned<FilePattern>,
    #[serde(default)]
    pick: Option<Spanned<u32>>,
    answer: AnswerName,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum AnswerName {
    NotFound,
    Unavailable,
    Truncated,
    Redirect,
}

/// The names of all data files, as far as they are known before a seed is.
pub(super) struct KnownNames(Option<Vec<String>>);

impl KnownNames {
    pub(super) fn of(recipe: &Recipe, server: Option<&ServerFile>) -> Self {
        let list = server.map(|server| server.list.get_ref().clone());
        Self(
            recipe
                .names()
                .map(|names| names.into_iter().chain(list).collect()),
        )
    }

    /// How many files fit a pattern. `None` if that is not known.
    pub(super) fn count(&self, pattern: &FilePattern) -> Option<usize> {
        let names = self.0.as_ref()?.iter();
        Some(names.filter(|name| pattern.matches(name)).count())
    }

    /// How many files there are. `None` if that is not known.
    pub(super) fn all(&self) -> Option<usize> {
        self.0.as_ref().map(Vec::len)
    }

    /// Whether there is a file of this name, or in a folder of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_below = |file: &String| {
            let rest = file.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.iter().flatten().any(is_below)
    }

    /// An error where it is known that no file fits.
    pub(super) fn some_fit(
        &self,
        place: Place<'_>,
        pattern: &Spanned<FilePattern>,
    ) -> Result<FilePattern, Error> {
        if self.count(pattern.get_ref()) == Some(0) {
            let what = format!("no data file is called `{}`", pattern.get_ref());
            return Err(place
                .wrong(pattern.span().start, what)
                .with_hint("compare the pattern with the names in `[recipe.files]`; `*` stands for any characters"));
        }
        Ok(pattern.get_ref().clone())
    }
}

/// Where the files take time, if they do.
pub(super) fn slow_plan(
    place: Place<'_>,
    latency: Option<LatencyFile>,
    server: Option<ServerFile>,
    names: &KnownNames,
) -> Result<Option<SlowPlan>, Error> {
    let Some(latency) = latency else {
        return match server {
            None => Ok(None),
            Some(_) => Err(place
                .wrong_key(&["server"], "there is a server, and no latencies")
                .with_hint("add `[latency]`, such as `\"*\" = \"100ms..1s\"`: the answers wait as reads do")),
        };
    };
    let mut entries: Vec<_> = latency.into_iter().collect();
    entries.sort_by_key(|(pattern, _)| pattern.span().start);
    if entries.is_empty() {
        return Err(place
            .wrong_key(&["latency"], "`[latency]` says nothing")
            .with_hint(
                "write a pattern and its latency, such as `\"task-*.txt\" = \"200ms..2s\"`",
            ));
    }
    let mut latencies = Vec::new();
    for (pattern, text) in &entries {
        let files = names.some_fit(place, pattern)?;
        let wrong = |what: String| place.wrong(text.span().start, what).with_hint(LATENCY);
        let (low, high) = bounds(text.get_ref())
            .ok_or_else(|| wrong(format!("`{}` is no latency", text.get_ref().escape_debug())))?;
        let rule = LatencyRule { files, low, high };
        rule.validate().map_err(wrong)?;
        latencies.push(rule);
    }
    let server = server.map(|server| server_recipe(place, server, names));
    Ok(Some(SlowPlan {
        latencies,
        server: server.transpose()?,
    }))
}

const LATENCY: &str = "write one time or two, such as \"300ms\" or \"200ms..2s\": multiples of 4 ms, up to 10 minutes";

/// The shortest and the longest latency of a text, in milliseconds.
fn bounds(text: &str) -> Option<(u32, u32)> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    Some((milliseconds(low)?, milliseconds(high)?))
}

/// A time in milliseconds, if it is a whole number of them.
pub(super) fn milliseconds(text: &str) -> Option<u32> {
    let span = humantime::parse_duration(text).ok()?;
    let whole = span.as_nanos().is_multiple_of(1_000_000);
    u32::try_from(span.as_millis()).ok().filter(|_| whole)
}

fn server_recipe(
    place: Place<'_>,
    file: ServerFile,
    names: &KnownNames,
) -> Result<ServerRecipe, Error> {
    let serve = names.some_fit(place, &file.serve)?;
    let list = file.list.get_ref();
    let at = file.list.span().start;
    if !is_data_name(list) || serve.matches(list) {
        let what = format!(
            "`list` is `{}`, which is no name of a file in the folder",
            list.escape_debug()
        );
        return Err(place
            .wrong(at, what)
            .with_hint("write a name that `serve` does not fit, such as \"urls.txt\""));
    }
    let own = FilePattern::try_from(list.clone());
    if own.is_ok_and(|own| names.count(&own) > Some(1)) {
        let what = format!("`{list}` is a data file already");
        return Err(place
            .wrong(at, what)
            .with_hint("the grader writes this file: choose another name"));
    }
    let mut answers = Vec::new();
    let mut picked = 0;
    for answer in file.answers {
        let files = names.some_fit(place, &answer.files)?;
        let pick = answer.pick.as_ref().map(|pick| *pick.get_ref());
        picked += pick.unwrap_or(0);
        if let (Some(pick), Some(all)) = (&answer.pick, names.count(&serve))
            && picked as usize > all
        {
            let what = format!("{picked} files are picked, and only {all} are served");
            return Err(place
                .wrong(pick.span().start, what)
                .with_hint("each file has one answer: pick fewer, or serve more"));
        }
        answers.push(AnswerRule {
            files,
            pick,
            answer: match answer.answer {
                AnswerName::NotFound => ServerAnswer::NotFound,
                AnswerName::Unavailable => ServerAnswer::Unavailable,
                AnswerName::Truncated => ServerAnswer::Truncated,
                AnswerName::Redirect => ServerAnswer::Redirect,
            },
        });
    }
    Ok(ServerRecipe {
        serve,
        list: file.list.into_inner(),
        answers,
    })
}
