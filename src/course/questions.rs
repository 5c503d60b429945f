//! `[run]`, `[expect]`, `[overlap]` and `[[order]]` of `exercise.toml`: what a program gets, and what is asked of it.
//!
//! Never decides an answer: `judge` does.

use ids::{CheckId, FilePattern};
use judge::questions::{Answer, AtOnce, OrderRule, Overlap, Questions};
use serde::Deserialize;
use toml::Spanned;

use super::{
    error::Error,
    slow::{KnownNames, milliseconds},
    toml_file::Place,
};

/// The most bytes of all arguments, and of standard input.
const MOST_INPUT: usize = 64 << 10;

/// What a program gets from outside, besides its data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What it can read from standard input.
    pub input: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RunFile {
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    input: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectFile {
    #[serde(default)]
    lines: Option<Lines>,
    #[serde(default)]
    files: Option<Spanned<String>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Lines {
    Last,
    InOrder,
    AnyOrder,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct OverlapFile {
    #[serde(default)]
    at_once: Option<Spanned<toml::Value>>,
    #[serde(default)]
    effective: Option<Spanned<f64>>,
    #[serde(default)]
    between: Option<[Spanned<FilePattern>; 2]>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct OrderFile {
    #[serde(default)]
    printed_when_read: Option<PrintedFile>,
    #[serde(default)]
    printed_while_reading: Option<PrintedFile>,
    #[serde(default)]
    backlog: Option<BacklogFile>,
    #[serde(default)]
    at_most: Option<AtMostFile>,
    #[serde(default)]
    once: Option<OnceFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrintedFile {
    files: Spanned<FilePattern>,
    line: Spanned<String>,
    #[serde(default)]
    after: Option<Spanned<String>>,
    #[serde(default)]
    before: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BacklogFile {
    produced: Spanned<FilePattern>,
    consumed: Spanned<FilePattern>,
    most: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AtMostFile {
    files: Spanned<FilePattern>,
    number: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnceFile {
    files: Spanned<FilePattern>,
}

/// The tables that say what is asked.
pub(super) struct Asked {
    pub(super) expect: Option<ExpectFile>,
    pub(super) overlap: Option<OverlapFile>,
    pub(super) order: Vec<Spanned<OrderFile>>,
    pub(super) is_slow: bool,
}

impl RunFile {
    pub(super) fn given(self, place: Place<'_>) -> Result<Given, Error> {
        let bytes: usize = self
            .arguments
            .iter()
            .map(|argument| argument.len() + 1)
            .sum();
        if bytes > MOST_INPUT
            || self
                .arguments
                .iter()
                .any(|argument| argument.contains('\0'))
        {
            return Err(place.wrong_key(
                &["run", "arguments"],
                "the arguments have more than 64 KiB, or a character of number 0",
            ));
        }
        if self.input.len() > MOST_INPUT {
            return Err(place
                .wrong_key(&["run", "input"], "the input has more than 64 KiB")
                .with_hint("put what is larger into a data file"));
        }
        Ok(Given {
            arguments: self.arguments,
            input: self.input,
        })
    }
}

/// What is asked, where it fits the checks that ask it.
pub(super) fn questions(
    place: Place<'_>,
    checks: Vec<CheckId>,
    asked: Asked,
    names: &KnownNames,
) -> Result<Questions, Error> {
    fit_checks(place, &checks, &asked)?;
    let expect = asked.expect.unwrap_or_default();
    let saved = expect.files.map(|folder| saved(place, folder, names));
    let overlap = asked.overlap.map(|file| overlap(place, file, names));
    let order = asked
        .order
        .into_iter()
        .map(|rule| order(place, rule, names));
    Ok(Questions {
        checks,
        answer: match expect.lines {
            None | Some(Lines::Last) => Answer::LastLine,
            Some(Lines::InOrder) => Answer::Lines,
            Some(Lines::AnyOrder) => Answer::LinesInAnyOrder,
        },
        saved: saved.transpose()?,
        overlap: overlap.transpose()?.unwrap_or_default(),
        order: order.collect::<Result<_, Error>>()?,
    })
}

/// Each check has its settings, and each setting a check.
fn fit_checks(place: Place<'_>, checks: &[CheckId], asked: &Asked) -> Result<(), Error> {
    let asks = |id| checks.contains(&id);
    let overlap = ("overlap", CheckId::Overlap, asked.overlap.is_some());
    let order = ("order", CheckId::Order, !asked.order.is_empty());
    for (key, id, is_set) in [overlap, order] {
        let table = if key == "order" {
            "[[order]]"
        } else {
            "[overlap]"
        };
        if is_set && !asks(id) {
            let what = format!("there is `{table}`, but no check `{id}`");
            return Err(place.wrong_key(&[key], what).with_hint(format!(
                "add `[[checks]]` with the id `{id}`, or remove `{table}`"
            )));
        }
        if asks(id) && !is_set {
            let what = format!("check `{id}` asks for nothing");
            return Err(place.wrong_key(&["checks"], what).with_hint(format!(
                "add `{table}`, which says what it asks for, or remove the check"
            )));
        }
        if asks(id) && !asked.is_slow {
            let what =
                format!("check `{id}` needs files that take time, and there is no `[latency]`");
            return Err(place
                .wrong_key(&[key], what)
                .with_hint("add `[latency]`, such as `\"*\" = \"200ms..2s\"`"));
        }
    }
    if asks(CheckId::MultiThreaded) && asked.is_slow {
        let what =
            "check `multi-threaded` counts files that are equally slow, and there is `[latency]`";
        return Err(place
            .wrong_key(&["latency"], what)
            .with_hint("ask `overlap` in the place of `multi-threaded`"));
    }
    if asked.expect.is_some() && !asks(CheckId::Output) {
        return Err(place
            .wrong_key(&["expect"], "there is `[expect]`, but no check `output`")
            .with_hint("add `[[checks]]` with the id `output`, or remove `[expect]`"));
    }
    let has_lines = asked.expect.as_ref().and_then(|expect| expect.lines);
    if asks(CheckId::Total) && matches!(has_lines, Some(Lines::InOrder | Lines::AnyOrder)) {
        return Err(place
            .wrong_key(
                &["expect", "lines"],
                "the answer is all lines, and check `total` asks for the last one",
            )
            .with_hint("remove the check `total`"));
    }
    Ok(())
}

fn saved(place: Place<'_>, folder: Spanned<String>, names: &KnownNames) -> Result<String, Error> {
    let name = folder.get_ref();
    if !dataset::is_data_name(name) || name.contains('/') || names.has(name) {
        let what = format!(
            "`files` is `{}`, which is no new folder beside the data",
            name.escape_debug()
        );
        return Err(place
            .wrong(folder.span().start, what)
            .with_hint("write one name, such as \"downloads\", that no data file has"));
    }
    Ok(folder.into_inner())
}

fn overlap(place: Place<'_>, file: OverlapFile, names: &KnownNames) -> Result<Overlap, Error> {
    if file.at_once.is_none() && file.effective.is_none() && file.between.is_none() {
        return Err(place
            .wrong_key(&["overlap"], "`[overlap]` asks for nothing")
            .with_hint("write `at-once`, `effective` or `between`"));
    }
    let at_once = file.at_once.map(|at_once| {
        let at = at_once.span().start;
        match at_once.get_ref() {
            toml::Value::String(word) if word == "all" => Ok(AtOnce::All),
            toml::Value::Integer(number) if *number >= 2 => {
                let number = u32::try_from(*number).unwrap_or(u32::MAX);
                match names.all() {
                    Some(most) if most < number as usize => Err(place
                        .wrong(
                            at,
                            format!("`at-once` is {number}, but there are only {most} files"),
                        )
                        .with_hint("write a smaller number, or \"all\"")),
                    _ => Ok(AtOnce::Number(number)),
                }
            }
            _ => Err(place
                .wrong(at, format!("`at-once` is {}", &place.text[at_once.span()]))
                .with_hint("write a number from 2, or \"all\"")),
        }
    });
    let effective = file.effective.map(|effective| {
        let number = *effective.get_ref();
        let most = names.all().map_or(f64::INFINITY, |most| {
            u32::try_from(most).map_or(f64::INFINITY, f64::from)
        });
        if number > 1.0 && number <= most {
            return Ok(number);
        }
        Err(place
            .wrong(
                effective.span().start,
                format!("`effective` is {number}, which no program can miss or reach"),
            )
            .with_hint("write a number above 1, and not above the number of files"))
    });
    let between = file.between.map(|between| {
        let [first, second] = &between;
        Ok([
            names.some_fit(place, first)?,
            names.some_fit(place, second)?,
        ])
    });
    Ok(Overlap {
        at_once: at_once.transpose()?,
        effective: effective.transpose()?,
        between: between.transpose()?,
    })
}

fn order(
    place: Place<'_>,
    rule: Spanned<OrderFile>,
    names: &KnownNames,
) -> Result<OrderRule, Error> {
    let at = rule.span().start;
    let file = rule.into_inner();
    let fits = |pattern: &Spanned<FilePattern>| names.some_fit(place, pattern);
    let OrderFile {
        printed_when_read,
        printed_while_reading,
        backlog,
        at_most,
        once,
    } = file;
    let rules = (
        printed_when_read,
        printed_while_reading,
        backlog,
        at_most,
        once,
    );
    match rules {
        (Some(rule), None, None, None, None) => {
            for (key, time) in [("after", &rule.after), ("before", &rule.before)] {
                if let Some(time) = time {
                    let what = format!("`{key}` is of `printed-while-reading` alone");
                    return Err(place.wrong(time.span().start, what).with_hint(
                        "remove it: such a line is printed when the file has been read",
                    ));
                }
            }
            Ok(OrderRule::PrintedWhenRead {
                files: fits(&rule.files)?,
                line: line(place, rule.line)?,
            })
        }
        (None, Some(rule), None, None, None) => {
            let after_ms = time(place, "after", rule.after.as_ref())?.unwrap_or(0);
            let before_ms = time(place, "before", rule.before.as_ref())?;
            if let (Some(before_ms), Some(before)) = (before_ms, &rule.before)
                && before_ms <= after_ms
            {
                let what = format!(
                    "`before` is {before_ms} ms and `after` is {after_ms} ms, so no line can be in time"
                );
                return Err(place
                    .wrong(before.span().start, what)
                    .with_hint("write a `before` that is longer than `after`"));
            }
            Ok(OrderRule::PrintedWhileReading {
                files: fits(&rule.files)?,
                line: line(place, rule.line)?,
                after_ms,
                before_ms,
            })
        }
        (None, None, Some(rule), None, None) => Ok(OrderRule::Backlog {
            produced: fits(&rule.produced)?,
            consumed: fits(&rule.consumed)?,
            most: rule.most,
        }),
        (None, None, None, Some(rule), None) => Ok(OrderRule::AtMost {
            files: fits(&rule.files)?,
            number: rule.number,
        }),
        (None, None, None, None, Some(rule)) => Ok(OrderRule::Once {
            files: fits(&rule.files)?,
        }),
        _ => Err(place
            .wrong(at, "an `[[order]]` has exactly one rule")
            .with_hint(
                "the rules are `printed-when-read`, `printed-while-reading`, `backlog`, `at-most` and `once`; write `[[order]]` again \
                 for each",
            )),
    }
}

/// A time of a rule in milliseconds.
fn time(place: Place<'_>, key: &str, time: Option<&Spanned<String>>) -> Result<Option<u32>, Error> {
    let Some(time) = time else {
        return Ok(None);
    };
    let whole = milliseconds(time.get_ref()).ok_or_else(|| {
        let what = format!("`{key}` is `{}`", time.get_ref().escape_debug());
        place
            .wrong(time.span().start, what)
            .with_hint("write a time in whole milliseconds, such as \"100ms\"")
    });
    whole.map(Some)
}

/// The text of a line, with places for the name of a file alone.
fn line(place: Place<'_>, line: Spanned<String>) -> Result<String, Error> {
    let text = line.get_ref();
    let rest = text.replace("{name}", "").replace("{stem}", "");
    if text.trim().is_empty() || text.contains('\n') || rest.contains(['{', '}']) {
        let what = format!(
            "`line` is `{}`, which is no part of a line",
            text.escape_debug()
        );
        return Err(place.wrong(line.span().start, what).with_hint(
            "write a text that the line contains; `{name}` and `{stem}` stand for the name of the file, with and without its ending",
        ));
    }
    Ok(line.into_inner())
}
