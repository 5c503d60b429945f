//! One submission: its verdict, its checks, the picture of its reads, and what its runs used.
//!
//! The same parts stand on a page of their own and in the page of a class, with headings of another level there.

use super::{
    head,
    markup::Markup,
    picture::{self, Held},
    slow_picture,
    words::{end, points, sign, size, status, time, verdict},
};
use crate::{
    entry::{Context, Entry},
    human::age,
    words::witnesses,
};
use ids::words::count;
use judge::{
    check,
    record::{Check, Record, Run, Status, Submission, Unit},
};

/// What a picture shows of a run, by its unit of time.
pub(super) const fn about_picture(unit: Option<Unit>) -> &'static str {
    match unit {
        None => ROUNDS,
        Some(Unit::Ms) => slow_picture::ABOUT,
    }
}

/// What a round is, for a reader who sees the picture for the first time.
const ROUNDS: &str = "Each lane is a thread, and each block is a file that it reads. Time is counted in rounds: \
    a round is what it costs to read a whole file from a slow disk. The clock is virtual, so the picture does not depend \
    on how fast the machine is.";

/// The page of one submission, but for the frame around it.
pub(super) fn page(page: &mut Markup, entry: &Entry, context: &Context) {
    let record = &entry.record;
    page.element("header", &[("class", "top")], |page| {
        page.leaf("p", &[("class", "over")], record.exercise.as_str());
        page.leaf("h1", &[], record.submission.id.as_str());
        people(page, entry);
        page.element("p", &[("class", "verdict")], |page| {
            let (word, class) = verdict(record.verdict);
            page.leaf("span", &[("class", &format!("pill {class}"))], word);
            match record.score {
                Some(score) => {
                    page.element("span", &[("class", "points")], |page| {
                        page.leaf("strong", &[], &score.earned.to_string());
                        page.text(&format!(" of {} points", score.possible));
                    });
                }
                None => page.leaf("span", &[("class", "points")], &points(record)),
            }
        });
        bar(page, record);
    });
    parts(page, entry, context, ["h2", "h3"]);
    head::script(page);
}

/// The names of those who handed in.
pub(super) fn people(page: &mut Markup, entry: &Entry) {
    let names = entry.people.iter().map(|person| {
        [&person.name, &person.email, &person.sid]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or("", String::as_str)
    });
    let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    if !names.is_empty() {
        page.leaf("p", &[("class", "people")], &names.join("; "));
    }
}

/// All points of the exercise as a bar: a part for each check, as wide as its points.
fn bar(page: &mut Markup, record: &Record) {
    let all: u32 = record.checks.iter().map(|check| check.possible).sum();
    if all == 0 {
        return;
    }
    let attributes = [("class", "bar"), ("aria-hidden", "true"), ("height", "10")];
    page.element("svg", &attributes, |page| {
        let mut before = 0;
        for check in &record.checks {
            let percent =
                |points: u32| format!("{:.2}%", 100.0 * f64::from(points) / f64::from(all));
            let (_, _, class) = status(check.status);
            let part = [
                ("class", class),
                ("x", &percent(before)),
                ("width", &percent(check.possible)),
                ("height", "10"),
            ];
            page.shape("rect", &part);
            if before > 0 {
                let at = percent(before);
                let cut = [("x1", at.as_str()), ("x2", &at), ("y1", "0"), ("y2", "10")];
                page.shape("line", &cut);
            }
            before += check.possible;
        }
    });
}

/// The parts below the headline, with headings of these two levels.
pub(super) fn parts(
    page: &mut Markup,
    entry: &Entry,
    context: &Context,
    levels: [&'static str; 2],
) {
    let record = &entry.record;
    let [section, part] = levels;
    if !record.faults.is_empty() {
        faults(page, record, section);
    }
    if !record.checks.is_empty() {
        page.element("section", &[("class", "checks")], |page| {
            page.leaf(section, &[], "Checks");
            for check in &record.checks {
                one_check(page, check, part);
            }
        });
    }
    reads(page, record, section);
    if !record.runs.is_empty() {
        page.element("section", &[], |page| {
            page.leaf(section, &[], "Runs");
            runs(page, record);
        });
    }
    page.element("section", &[("class", "about")], |page| {
        page.leaf(section, &[], "How it was graded");
        about(page, record, context);
    });
}

fn faults(page: &mut Markup, record: &Record, section: &'static str) {
    page.element("section", &[("class", "fault")], |page| {
        page.leaf(section, &[], "Why it was not graded");
        page.leaf(
            "p",
            &[],
            "The machine or the course is the cause, and not the submission. No points were given or taken.",
        );
        for fault in &record.faults {
            page.leaf("p", &[("class", "message")], &fault.message);
            if let Some(cause) = &fault.cause {
                output(page, cause);
            }
            if let Some(hint) = &fault.hint {
                advice(page, hint);
            }
        }
    });
}

fn one_check(page: &mut Markup, check: &Check, part: &'static str) {
    let (_, _, class) = status(check.status);
    page.element("article", &[("class", &format!("check {class}"))], |page| {
        page.element("div", &[("class", "line")], |page| {
            sign(page, check.status);
            page.leaf(part, &[], check.id.as_str());
            page.leaf("p", &[("class", "message")], &check.message);
            let points = format!("{}/{}", check.earned, check.possible);
            page.element("p", &[("class", "earned")], |page| {
                page.text(&points);
                page.leaf("span", &[("class", "unseen")], " points");
            });
        });
        if matches!(check.status, Status::Pass | Status::Skipped) {
            return;
        }
        let details = &check.details;
        page.element("dl", &[], |page| {
            pair(page, "asked", check::asks(check.id));
            if let Some(seed) = details.seed {
                pair(page, "seed", &seed.to_string());
            }
            for (label, value) in [
                ("place", &details.place),
                ("expected", &details.expected),
                ("seen", &details.seen),
            ] {
                if let Some(value) = value {
                    pair(page, label, value);
                }
            }
            for more in &details.more {
                pair(page, "also", more);
            }
        });
        if let Some(text) = &details.output {
            output(page, text);
        }
        if let Some(hint) = &check.hint {
            advice(page, hint);
        }
    });
}

fn pair(page: &mut Markup, label: &str, value: &str) {
    page.element("div", &[], |page| {
        page.leaf("dt", &[], label);
        page.leaf("dd", &[], value);
    });
}

fn advice(page: &mut Markup, hint: &str) {
    page.element("p", &[("class", "try")], |page| {
        page.leaf("b", &[], "Try");
        page.text(" ");
        page.words(hint);
    });
}

/// Output of a program or of the compiler. Lines of the compiler that point somewhere stand out.
fn output(page: &mut Markup, text: &str) {
    let attributes = [
        ("class", "output"),
        ("tabindex", "0"),
        ("role", "group"),
        ("aria-label", "output"),
    ];
    page.element("pre", &attributes, |page| {
        for (number, line) in text.lines().enumerate() {
            if number > 0 {
                page.block("\n");
            }
            match kind(line) {
                Some(kind) => page.element("span", &[("class", kind)], |page| page.block(line)),
                None => page.block(line),
            }
        }
    });
}

/// What a line of the compiler does: tell an error, name a place, or mark a part of the line above.
fn kind(line: &str) -> Option<&'static str> {
    let start = line.trim_start();
    let mark = start.trim_start_matches('|').trim_start();
    if line.starts_with("error") {
        Some("bad")
    } else if start.starts_with("--> ") || start.starts_with("::: ") {
        Some("quiet")
    } else if start.starts_with('|') && mark.starts_with(['^', '-', '_']) {
        Some("mark")
    } else {
        None
    }
}

/// The picture of the run whose timeline is known, or why there is none.
fn reads(page: &mut Markup, record: &Record, section: &'static str) {
    let observed = || record.runs.iter().filter(|run| run.concurrency.is_some());
    if observed().next().is_none() {
        return;
    }
    page.element("section", &[("class", "reads")], |page| {
        page.leaf(section, &[], "Who read which file when");
        let name = record.submission.id.as_str();
        let held = match section {
            "h2" => Held::Files,
            _ => Held::Nothing,
        };
        let mut drawn = observed().filter(|run| picture::draw(page, name, run, held));
        match drawn.next() {
            Some(run) if held == Held::Files => {
                let data = format!(" This is the run on the data of seed {}.", run.seed);
                page.leaf("p", &[("class", "quiet")], &format!("{}{data}", about_picture(run.unit)));
            }
            Some(_) => {}
            None => page.leaf(
                "p",
                &[("class", "quiet")],
                "The timeline is not in this record. A batch keeps it in `usage/`, beside `records/`: name the record \
                 there, or the folder of the batch.",
            ),
        }
    });
}

/// What is told of each run.
const COLUMNS: [&str; 9] = [
    "Seed",
    "Answer",
    "Expected",
    "End",
    "Files read",
    "Reads at once",
    "Time",
    "Processor",
    "Memory",
];

fn runs(page: &mut Markup, record: &Record) {
    let attributes = [
        ("class", "wide"),
        ("tabindex", "0"),
        ("role", "group"),
        ("aria-label", "runs"),
    ];
    page.element("div", &attributes, |page| {
        page.element("table", &[("class", "runs")], |page| {
            page.element("thead", &[], |page| {
                page.element("tr", &[], |page| {
                    for head in COLUMNS {
                        page.leaf("th", &[("scope", "col")], head);
                    }
                });
            });
            page.element("tbody", &[], |page| {
                for run in &record.runs {
                    page.element("tr", &[], |page| one_run(page, run));
                }
            });
        });
    });
}

fn one_run(page: &mut Markup, run: &Run) {
    page.leaf("th", &[("scope", "row")], &run.seed.to_string());
    let is_same = run.answer.as_ref() == Some(&run.expected);
    let of_lines = if run.expected.contains('\n') {
        "answer lines"
    } else {
        "answer"
    };
    let good = if run.right.unwrap_or(is_same) {
        "good"
    } else {
        "bad"
    };
    let class = format!("{of_lines} {good}");
    page.element("td", &[("class", &class)], |page| match &run.answer {
        Some(answer) => page.block(answer),
        None => page.text("none"),
    });
    page.element("td", &[("class", of_lines)], |page| {
        page.block(&run.expected);
    });
    page.leaf("td", &[], &end(run.termination));
    let files = format!("{} of {}", run.files.read, run.files.expected);
    page.leaf("td", &[], &files);
    let at_once = run.concurrency.map(|seen| {
        let threads = count(seen.threads as usize, "thread");
        format!("{:.2}, by {threads}", seen.effective)
    });
    let usage = run.usage.as_ref();
    let measured = [
        at_once,
        usage.map(|usage| time(usage.wall_ms)),
        usage.map(|usage| time(usage.cpu_ms)),
        usage.map(|usage| size(usage.peak_memory_bytes)),
    ];
    for cell in measured {
        page.leaf("td", &[], cell.as_deref().unwrap_or("–"));
    }
}

fn about(page: &mut Markup, record: &Record, context: &Context) {
    let Submission {
        graded,
        left_out,
        left_out_more,
        ..
    } = &record.submission;
    page.element("dl", &[], |page| {
        if let Some(graded) = graded {
            pair(page, "graded", &graded.path);
            if let Some(newest) = &graded.newest {
                let saved = age(&newest.modified, context.now);
                pair(
                    page,
                    "newest file",
                    &format!("{}, saved {saved}", newest.path),
                );
            }
        }
        for left_out in left_out {
            let text = format!("`{}` {}", left_out.path, left_out.why);
            pair(page, "left out", &text);
        }
        if *left_out_more > 0 {
            pair(page, "left out", &count(*left_out_more, "more name"));
        }
        pair(page, "isolation", &record.grader.tier);
        pair(page, "reads seen by", &witnesses(&record.grader));
        pair(page, "version", &record.grader.version);
        page.element("div", &[], |page| {
            page.leaf("dt", &[], "again on the same data");
            page.element("dd", &[], |page| {
                page.element("code", &[("class", "command")], |page| {
                    for word in record.replay.split(' ') {
                        page.element("span", &[], |page| page.text(word));
                        page.text(" ");
                    }
                });
            });
        });
    });
    if let Some(notice) = &record.notice {
        page.leaf("p", &[("class", "quiet")], notice);
    }
}
