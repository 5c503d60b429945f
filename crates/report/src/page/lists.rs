//! The lists in the page of a class: why submissions fail, who was not graded, whose source is the same, and what else is
//! known.
//!
//! They are about everybody. A submission has a link if it is shown in the page; where not all are, each list has its first
//! lines alone, and says how many more there are.

use super::{
    markup::Markup,
    words::{link, percent},
};
use crate::{
    sample::Shown,
    summary::{Line, Summary},
};
use ids::SubmissionId;

/// How many submissions of a cause are named at once; the others unfold.
const NAMED: usize = 12;
/// How many lines of a list there are where not all submissions are in the page.
const LISTED: usize = 200;

/// Why submissions fail, the most frequent cause first.
pub(super) fn causes(page: &mut Markup, summary: &Summary, shown: &Shown) {
    let causes = summary.causes();
    if causes.is_empty() {
        return;
    }
    page.element("section", &[], |page| {
        page.leaf("h2", &[], "What fails first, and how often");
        let (number, more) = listed(causes.len(), shown);
        page.element("ol", &[("class", "causes")], |page| {
            for (cause, ids) in causes.iter().take(number) {
                page.element("li", &[], |page| {
                    page.leaf("strong", &[("class", "number")], &ids.len().to_string());
                    page.element("div", &[], |page| {
                        let (check, message) = cause.split_once(": ").unwrap_or(("", cause));
                        page.element("p", &[], |page| {
                            page.leaf("span", &[("class", "tag")], check);
                            page.text(" ");
                            page.words(message);
                        });
                        let bar = [("class", "bar"), ("aria-hidden", "true"), ("height", "6")];
                        page.element("svg", &bar, |page| {
                            let part = [
                                ("class", "bad"),
                                ("width", &percent(ids.len(), summary.total())),
                                ("height", "6"),
                                ("rx", "3"),
                            ];
                            page.shape("rect", &part);
                        });
                        names(page, ids, shown);
                    });
                });
            }
        });
        if let Some(more) = more {
            page.leaf("p", &[("class", "quiet")], &more);
        }
    });
}

/// Links to some submissions. Many unfold, unless not all of them are in the page.
fn names(page: &mut Markup, ids: &[SubmissionId], shown: &Shown) {
    let list = |page: &mut Markup, ids: &[SubmissionId]| {
        page.element("p", &[("class", "names")], |page| {
            for id in ids {
                name(page, id, shown);
                page.text(" ");
            }
        });
    };
    if !shown.is_all() {
        let (some, more) = some_of(ids, shown);
        list(page, &some);
        if more > 0 {
            page.leaf("p", &[("class", "quiet")], &format!("and {more} more"));
        }
        return;
    }
    let (first, others) = ids.split_at(ids.len().min(NAMED));
    list(page, first);
    if !others.is_empty() {
        page.element("details", &[], |page| {
            page.leaf("summary", &[], &format!("and {} more", others.len()));
            list(page, others);
        });
    }
}

/// A few of many submissions, those in the page before others, and how many more there are.
fn some_of(ids: &[SubmissionId], shown: &Shown) -> (Vec<SubmissionId>, usize) {
    let (here, elsewhere): (Vec<_>, Vec<_>) = ids.iter().partition(|id| shown.has(id));
    let some: Vec<_> = here
        .into_iter()
        .chain(elsewhere)
        .take(NAMED)
        .cloned()
        .collect();
    let more = ids.len() - some.len();
    (some, more)
}

/// Who was not graded, who handed in the same source, and what else is known of the class.
///
/// A line may be about a submission that is gone or is not graded yet, and has no place in the page.
pub(super) fn lists(page: &mut Markup, summary: &Summary, shown: &Shown) {
    let not_graded = summary.not_graded_with_reasons();
    if !not_graded.is_empty() {
        page.element("section", &[("class", "fault")], |page| {
            page.leaf("h2", &[], "Not graded, through no fault of theirs");
            list(page, not_graded, shown, |page, (id, why)| {
                name(page, id, shown);
                page.text(": ");
                page.words(why);
            });
        });
    }
    let alike = summary.alike();
    if !alike.is_empty() {
        page.element("section", &[], |page| {
            page.leaf("h2", &[], "The same source");
            list(page, &alike, shown, |page, (how, ids)| {
                page.text(how);
                page.text(": ");
                let (ids, more) = if shown.is_all() {
                    (ids.clone(), 0)
                } else {
                    some_of(ids, shown)
                };
                for (at, id) in ids.iter().enumerate() {
                    if at > 0 {
                        page.text(", ");
                    }
                    name(page, id, shown);
                }
                if more > 0 {
                    page.text(&format!(" and {more} more"));
                }
            });
        });
    }
    for (headline, lines) in summary.further() {
        if lines.is_empty() {
            continue;
        }
        page.element("section", &[], |page| {
            page.leaf("h2", &[], headline);
            list(page, &lines, shown, |page, Line { id, words }| {
                if let Some(id) = id {
                    name(page, id, shown);
                }
                page.text(words);
            });
        });
    }
}

/// A list with a line for each.
fn list<T>(page: &mut Markup, all: &[T], shown: &Shown, line: impl Fn(&mut Markup, &T)) {
    let (number, more) = listed(all.len(), shown);
    page.element("ul", &[], |page| {
        for one in &all[..number] {
            page.element("li", &[], |page| line(page, one));
        }
        if let Some(more) = &more {
            page.leaf("li", &[("class", "quiet")], more);
        }
    });
}

/// The id of a submission, with a link if it has a place in the page.
fn name(page: &mut Markup, id: &SubmissionId, shown: &Shown) {
    if shown.has(id) {
        link(page, id);
    } else {
        page.text(id.as_str());
    }
}

/// How many lines of a list of so many there are, and the words about the others.
fn listed(all: usize, shown: &Shown) -> (usize, Option<String>) {
    if shown.is_all() || all <= LISTED {
        return (all, None);
    }
    let more = all - LISTED;
    let words = format!("and {more} more: `grade report OUT` shows all");
    (LISTED, Some(words))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        class_report::ClassReport as _,
        entry::{ClassFacts, Entry},
        page::Class,
        separator::Separator,
    };
    use judge::record::Record;

    /// The record of the submission with this number: one of three was not graded, and all the others have one cause.
    fn record(number: usize) -> Record {
        let not_graded = number.is_multiple_of(3);
        let value = serde_json::json!({
            "schema": "grade-record/1",
            "grader": {"version": "0.1.0", "tier": "full", "observer": "seccomp-notify"},
            "exercise": "sum-of-products",
            "submission": {"id": format!("s{number:04}"), "digest": null},
            "verdict": if not_graded { "not-graded" } else { "fail" },
            "score": if not_graded { None } else { Some(serde_json::json!({"earned": 0, "possible": 4})) },
            "checks": if not_graded { vec![] } else { vec![serde_json::json!({
                "id": "total", "status": "fail", "earned": 0, "possible": 4, "message": "wrong", "hint": null, "details": {}
            })] },
            "runs": [],
            "faults": if not_graded { vec![serde_json::json!({"kind": "disk", "message": "full"})] } else { vec![] },
            "replay": "grade"
        });
        serde_json::from_value(value).unwrap()
    }

    fn page(number: usize) -> String {
        let mut summary = Summary::default();
        for number in 0..number {
            summary.add(&record(number), None);
        }
        summary.absent = (0..number)
            .map(|number| format!("nobody {number}"))
            .collect();
        let facts = ClassFacts {
            exercise: "sum-of-products".parse().unwrap(),
            seeds: Vec::new(),
            checks: summary.checks().collect(),
            has_people: false,
            separator: Separator::default(),
            summary,
        };
        let mut page = Vec::new();
        let mut report = Box::new(Class::begin(&facts, &mut page).unwrap());
        for number in 0..number {
            let entry = Entry::of(record(number));
            if report.wants(&entry.record.submission.id) {
                report.add(&entry).unwrap();
            }
        }
        report.end().unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn one_submission_more_than_a_browser_takes_makes_a_sample_of_the_page() {
        let (whole, sampled) = (page(2000), page(2001));
        for (page, is_sampled) in [(&whole, false), (&sampled, true)] {
            assert_eq!(page.matches("<tr data-verdict=").count(), 2000);
            assert_eq!(page.matches("<details class=\"submission\">").count(), 2000);
            assert_eq!(page.contains("are shown one by one: all 667"), is_sampled);
            assert_eq!(
                page.contains("1801 more: <code>grade report OUT</code>"),
                is_sampled
            );
            // The counts are of everybody.
            let failed = if is_sampled { "1334" } else { "1333" };
            let number = format!("<strong class=\"number\">{failed}</strong>");
            assert!(page.contains(&number));
            // Wherever there is a link, it leads somewhere.
            let ids = |mark: &str| -> BTreeSet<String> {
                let parts = page.split(mark).skip(1);
                parts
                    .map(|part| part.split('"').next().unwrap().to_owned())
                    .collect()
            };
            let (links, places) = (ids("href=\"#of-"), ids("id=\"of-"));
            assert!(places.len() == 2000 && links == places);
        }
        assert!(sampled.len() < whole.len());
        // All causes unfold in the one, and have a few names in the other.
        assert!(whole.contains("<summary>and 1321 more</summary>"));
        assert!(sampled.contains("<p class=\"quiet\">and 1322 more</p>"));
        assert_eq!(sampled.matches("<li>nobody").count(), LISTED);
    }
}
