//! The page of a class: how it did, why submissions fail, a table of all, and each submission below it.
//!
//! Everything is there without the script, which only sorts and filters the table.

use std::io::{self, Write};

use super::{
    head, lists,
    markup::Markup,
    picture, submission,
    words::{anchor, link, percent, sign, verdict},
};
use crate::{
    class_report::ClassReport,
    entry::{ClassFacts, Context, Entry},
    sample::Shown,
    summary::{ANSWERS, Summary},
    words::{reason, verdict_word},
};
use ids::{CheckId, SubmissionId, words::count};
use judge::record::{Check, Unit, Verdict};

/// What the small pictures in the list are.
const OUTLINES: &str = "Beside each name: how many reads there are at once, on one scale for all.";

/// The page of a class that is being written. What stands below the table is kept until the table is complete.
pub(crate) struct Class<'a> {
    facts: &'a ClassFacts,
    shown: Shown,
    page: Markup,
    below: Markup,
    to: &'a mut dyn Write,
}

impl<'a> Class<'a> {
    /// Write what stands above the first row.
    pub(crate) fn begin(facts: &'a ClassFacts, to: &'a mut dyn Write) -> io::Result<Self> {
        let summary = &facts.summary;
        let shown = summary.shown();
        let mut page = Markup::document();
        page.begin("html", &[("lang", "en")]);
        let title = format!("{}: {}", facts.exercise, size(summary));
        head::write(&mut page, &title);
        page.begin("body", &[]);
        page.begin("main", &[("class", "class")]);
        headline(&mut page, facts);
        page.element("div", &[("class", "panels")], |page| {
            points(page, summary);
            checks(page, facts);
        });
        lists::causes(&mut page, summary, &shown);
        lists::lists(&mut page, summary, &shown);
        begin_table(&mut page, facts, &shown);
        to.write_all(page.take().as_bytes())?;
        Ok(Self {
            facts,
            shown,
            page,
            below: Markup::default(),
            to,
        })
    }
}

impl ClassReport for Class<'_> {
    fn wants(&self, id: &SubmissionId) -> bool {
        self.shown.has(id)
    }

    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        row(&mut self.page, entry, self.facts);
        details(&mut self.below, entry, self.facts.summary.rounds());
        self.to.write_all(self.page.take().as_bytes())
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        let Self {
            facts,
            mut page,
            mut below,
            to,
            ..
        } = *self;
        // The body and the rows of the table, what it is in, and its section.
        for _ in 0..4 {
            page.end();
        }
        page.begin("section", &[("class", "all")]);
        page.leaf("h2", &[], "Each submission");
        page.leaf(
            "p",
            &[("class", "quiet rounds")],
            submission::about_picture(facts.summary.unit()),
        );
        page.leaf("p", &[("class", "quiet")], OUTLINES);
        to.write_all(page.take().as_bytes())?;
        to.write_all(below.take().as_bytes())?;
        page.end();
        head::script(&mut page);
        to.write_all(page.finish().as_bytes())
    }
}

/// How many submissions there are, and how many there will be.
fn size(summary: &Summary) -> String {
    let total = summary.total();
    match summary.class {
        Some(class) if class > total => {
            format!("{total} of {} so far", count(class, "submission"))
        }
        _ => count(total, "submission"),
    }
}

fn headline(page: &mut Markup, facts: &ClassFacts) {
    let summary = &facts.summary;
    page.element("header", &[("class", "top")], |page| {
        let seeds: Vec<_> = facts.seeds.iter().map(ToString::to_string).collect();
        page.leaf("p", &[("class", "over")], &size(summary));
        page.leaf("h1", &[], facts.exercise.as_str());
        let noun = if seeds.len() == 1 { "seed" } else { "seeds" };
        let data = format!("everybody on the same data: {noun} {}", seeds.join(", "));
        page.leaf("p", &[("class", "people")], &data);
        page.element("ul", &[("class", "verdicts")], |page| {
            for kind in [Verdict::Pass, Verdict::Fail, Verdict::NotGraded] {
                let (word, class) = verdict(kind);
                page.element("li", &[("class", class)], |page| {
                    page.leaf("strong", &[], &summary.count(kind).to_string());
                    page.text(" ");
                    page.text(&word.to_lowercase());
                });
            }
        });
        let attributes = [("class", "bar"), ("aria-hidden", "true"), ("height", "12")];
        page.element("svg", &attributes, |page| {
            let mut before = 0;
            for kind in [Verdict::Pass, Verdict::Fail, Verdict::NotGraded] {
                let number = summary.count(kind);
                let part = [
                    ("class", verdict(kind).1),
                    ("x", &percent(before, summary.total())),
                    ("width", &percent(number, summary.total())),
                    ("height", "12"),
                ];
                page.shape("rect", &part);
                before += number;
            }
        });
    });
}

/// How the points are distributed: a column for each number of points.
fn points(page: &mut Markup, summary: &Summary) {
    let (points, possible) = summary.points();
    page.element("section", &[], |page| {
        page.leaf("h2", &[], "Points");
        if points.is_empty() {
            page.leaf("p", &[("class", "quiet")], "No submission has points.");
            return;
        }
        let most = points.values().copied().max().unwrap_or(1);
        let columns = possible as usize + 1;
        page.element("table", &[("class", "unseen")], |page| {
            page.leaf("caption", &[], "Points and number of submissions");
            page.element("tbody", &[], |page| {
                for (earned, number) in points.iter().rev() {
                    page.element("tr", &[], |page| {
                        page.leaf(
                            "th",
                            &[("scope", "row")],
                            &format!("{earned} of {possible}"),
                        );
                        page.leaf("td", &[], &number.to_string());
                    });
                }
            });
        });
        let attributes = [
            ("class", "columns"),
            ("aria-hidden", "true"),
            ("height", "230"),
        ];
        page.element("svg", &attributes, |page| {
            let middle = |at: usize| percent(2 * at + 1, 2 * columns);
            for at in 0..columns {
                let number = u32::try_from(at).ok().and_then(|at| points.get(&at));
                let number = number.copied().unwrap_or(0);
                // At least two pixels for at least one submission.
                let height = if number == 0 {
                    0
                } else {
                    (number * 175 / most).max(2)
                };
                let left = percent(20 * at + 3, 20 * columns);
                let width = percent(14, 20 * columns);
                let top = (202 - height).to_string();
                let class = if at + 1 == columns { "good" } else { "some" };
                if number > 0 {
                    let column = [
                        ("class", class),
                        ("x", &left),
                        ("width", &width),
                        ("y", &top),
                        ("height", &height.to_string()),
                        ("rx", "2"),
                    ];
                    page.shape("rect", &column);
                    let above = (202 - height - 6).to_string();
                    let text = [("x", middle(at)), ("y", above)];
                    number_at(page, &text, &number.to_string(), "count");
                }
                if columns <= 12 || at % columns.div_ceil(12) == 0 {
                    let text = [("x", middle(at)), ("y", "221".to_owned())];
                    number_at(page, &text, &at.to_string(), "tick");
                }
            }
            let line = [
                ("x1", "0"),
                ("x2", "100%"),
                ("y1", "202.5"),
                ("y2", "202.5"),
            ];
            page.shape("line", &line);
        });
    });
}

fn number_at(page: &mut Markup, at: &[(&'static str, String); 2], text: &str, class: &str) {
    let [(x, left), (y, top)] = at;
    let attributes = [
        ("class", class),
        (*x, left.as_str()),
        (*y, top.as_str()),
        ("text-anchor", "middle"),
    ];
    page.leaf("text", &attributes, text);
}

/// How each check was answered, as a bar.
fn checks(page: &mut Markup, facts: &ClassFacts) {
    page.element("section", &[], |page| {
        page.leaf("h2", &[], "Checks");
        page.element("dl", &[("class", "answers")], |page| {
            for (id, answers) in facts.summary.answers() {
                let all: usize = answers.iter().sum();
                page.element("div", &[], |page| {
                    page.leaf("dt", &[], id.as_str());
                    page.element("dd", &[], |page| {
                        let words = format!("{} of {all} passed", answers[0]);
                        page.leaf("span", &[], &words);
                        let bar = [("class", "bar"), ("aria-hidden", "true"), ("height", "8")];
                        page.element("svg", &bar, |page| {
                            let mut before = 0;
                            for (kind, number) in ANSWERS.iter().zip(answers) {
                                let part = [
                                    ("class", super::words::status(*kind).2),
                                    ("x", &percent(before, all)),
                                    ("width", &percent(*number, all)),
                                    ("height", "8"),
                                ];
                                page.shape("rect", &part);
                                before += number;
                            }
                        });
                    });
                });
            }
        });
    });
}

fn begin_table(page: &mut Markup, facts: &ClassFacts, shown: &Shown) {
    page.begin("section", &[]);
    page.leaf("h2", &[("id", "table")], "Submissions");
    if let Some(words) = shown.words() {
        page.leaf("p", &[("class", "quiet")], &words);
    }
    // The script shows it.
    page.element("div", &[("class", "filter"), ("hidden", "")], |page| {
        page.leaf("label", &[("for", "find")], "Find");
        page.void(
            "input",
            &[
                ("id", "find"),
                ("type", "search"),
                ("autocomplete", "off"),
                ("spellcheck", "false"),
            ],
        );
        page.leaf("label", &[("for", "outcome")], "Show");
        page.element("select", &[("id", "outcome")], |page| {
            page.leaf("option", &[("value", "")], "all");
            for kind in [Verdict::Pass, Verdict::Fail, Verdict::NotGraded] {
                let value = verdict_word(kind);
                let word = verdict(kind).0.to_lowercase();
                page.leaf("option", &[("value", value)], &word);
            }
        });
        page.leaf("output", &[("for", "find outcome")], "");
    });
    let attributes = [
        ("class", "wide"),
        ("tabindex", "0"),
        ("role", "group"),
        ("aria-labelledby", "table"),
    ];
    page.begin("div", &attributes);
    page.begin("table", &[("class", "sortable")]);
    page.element("thead", &[], |page| {
        page.element("tr", &[], |page| {
            let mut head = |class: &str, text: &str| {
                page.leaf("th", &[("scope", "col"), ("class", class)], text);
            };
            head("id", "Submission");
            if facts.has_people {
                head("below", "People");
            }
            head("outcome", "Outcome");
            head("right", "Points");
            for check in &facts.checks {
                head("aside", check.as_str());
            }
            let time = match facts.summary.unit() {
                None => "Rounds",
                Some(Unit::Ms) => "Time (ms)",
            };
            head("aside", time);
            head("below", "Reason");
        });
    });
    page.begin("tbody", &[]);
}

/// The answer of a submission to a check.
fn answer(entry: &Entry, id: CheckId) -> Option<&Check> {
    entry.record.checks.iter().find(|check| check.id == id)
}

fn row(page: &mut Markup, entry: &Entry, facts: &ClassFacts) {
    let record = &entry.record;
    let (word, class) = verdict(record.verdict);
    page.element(
        "tr",
        &[("data-verdict", verdict_word(record.verdict))],
        |page| {
            page.element("th", &[("scope", "row")], |page| {
                link(page, &record.submission.id);
            });
            if facts.has_people {
                page.element("td", &[("class", "below")], |page| {
                    submission::people(page, entry);
                });
            }
            page.element("td", &[], |page| {
                page.leaf("span", &[("class", &format!("pill {class}"))], word);
                if entry.handed_in.is_some_and(|how| how.is_late) {
                    page.text(" ");
                    page.leaf("span", &[("class", "tag")], "late");
                }
            });
            let score = record.score.map(|score| score.earned.to_string());
            // A column is sorted by these values. One without a value is the last.
            let value = score.clone().unwrap_or_default();
            page.element(
                "td",
                &[("class", "right"), ("data-value", &value)],
                |page| match &score {
                    Some(score) => page.text(score),
                    None => page.text("–"),
                },
            );
            for id in &facts.checks {
                let check = answer(entry, *id);
                let value = check.map_or(String::new(), |check| check.earned.to_string());
                page.element(
                    "td",
                    &[("class", "center aside"), ("data-value", &value)],
                    |page| match check {
                        Some(check) => sign(page, check.status),
                        None => page.text("–"),
                    },
                );
            }
            let rounds = record.runs.iter().find_map(|run| run.concurrency);
            let rounds = rounds
                .map(|seen| seen.rounds.to_string())
                .unwrap_or_default();
            page.element(
                "td",
                &[("class", "right aside"), ("data-value", &rounds)],
                |page| {
                    page.text(if rounds.is_empty() { "–" } else { &rounds });
                },
            );
            page.leaf(
                "td",
                &[("class", "reason below")],
                &reason(record).unwrap_or_default(),
            );
        },
    );
}

/// One submission, folded. A link to the place inside of it unfolds it.
fn details(page: &mut Markup, entry: &Entry, rounds: u32) {
    let record = &entry.record;
    let (word, class) = verdict(record.verdict);
    page.element("details", &[("class", "submission")], |page| {
        page.element("summary", &[], |page| {
            page.leaf("span", &[("class", &format!("pill {class}"))], word);
            page.text(" ");
            page.leaf("b", &[], record.submission.id.as_str());
            page.text(" ");
            page.leaf("span", &[("class", "quiet")], &super::words::points(record));
            // Nothing where there is no timeline.
            for run in &record.runs {
                picture::outline(page, run, rounds);
            }
        });
        let id = anchor(&record.submission.id);
        page.element("div", &[("class", "inside"), ("id", &id)], |page| {
            page.leaf("h3", &[], record.submission.id.as_str());
            submission::people(page, entry);
            // The records of a class have no ages of files.
            submission::parts(page, entry, &Context::default(), ["h4", "h5"]);
            page.element("p", &[], |page| {
                page.leaf("a", &[("href", "#table")], "back to the table");
            });
        });
    });
}
