//! The web page: one file that needs no network and no script, for a submission or for a class.
//!
//! A browser is told to load nothing, and to run nothing but the script of this crate. Hides how the page looks. Never
//! shows more than the records hold, and what the class knows of each.

mod across;
mod class;
mod head;
mod lists;
mod markup;
mod picture;
mod slow_picture;
mod submission;
mod words;

use self::markup::Markup;
pub(crate) use across::across;
pub(crate) use class::Class;

use crate::entry::{Context, Entry};

/// The page of one submission.
pub(crate) fn one(entry: &Entry, context: &Context) -> String {
    let id = &entry.record.submission.id;
    let mut page = Markup::document();
    page.begin("html", &[("lang", "en")]);
    let title = format!("{id}, {}", entry.record.exercise);
    head::write(&mut page, &title);
    page.element("body", &[], |page| {
        page.element("main", &[("class", "one")], |page| {
            submission::page(page, entry, context);
        });
    });
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{class_report::ClassReport as _, entry::ClassFacts, summary::Summary};
    use ids::CheckId;
    use judge::record::Record;

    /// Text that ends elements, runs a script, loads something, and turns the direction around.
    const HOSTILE: &str =
        "</td></pre><script>alert(1)</script><img src=x onerror='a'>\" ]]>&lt; \u{202e}\u{1b}[2J";

    fn record() -> Record {
        let run = |seed: &str, timeline| {
            serde_json::json!({
                "seed": seed, "expected": "1", "answer": HOSTILE, "termination": {"kind": "exited", "code": 0},
                "files": {"expected": 3, "read": 3, "tampered": 0},
                "concurrency": {
                    "effective": 1.0, "held_max": 1, "threads": 2, "participation": 2.0, "processes": 1, "rounds": 3
                },
                "timeline": timeline,
                "reference": {
                    "concurrency": {
                        "effective": 3.0, "held_max": 3, "threads": 3, "participation": 3.0, "processes": 1, "rounds": 1
                    },
                    "timeline": "0 0 0 1;1 1 0 1;2 2 0 1"
                }
            })
        };
        let value = serde_json::json!({
            "schema": "grade-record/1",
            "grader": {"version": "0.1.0", "tier": "full", "observer": "seccomp-notify"},
            "exercise": "sum-of-products",
            "submission": {"id": "alice", "digest": null, "left_out": [{"path": HOSTILE, "why": HOSTILE}]},
            "verdict": "fail",
            "score": {"earned": 6, "possible": 10},
            "checks": [{
                "id": "total", "status": "fail", "earned": 0, "possible": 4, "message": HOSTILE, "hint": HOSTILE,
                "details": {"place": HOSTILE, "seen": HOSTILE, "expected": "1", "output": HOSTILE, "more": [HOSTILE]}
            }],
            "runs": [run("0", serde_json::json!("0 0 0 1;1 1 1 2;0 2 2 3")), run("7", serde_json::json!(null))],
            "faults": [{"kind": "disk", "message": HOSTILE, "cause": HOSTILE, "hint": HOSTILE}],
            "notice": HOSTILE,
            "replay": HOSTILE
        });
        serde_json::from_value(value).unwrap()
    }

    /// A record of a run on a slow disk, with lines and names of files that are hostile.
    fn slow() -> Record {
        let mut slow = record();
        slow.runs = vec![crate::slow::tests::run("1 1 0 300;2 0 100 900", &[300])];
        let run = &mut slow.runs[0];
        run.printed[0].line = HOSTILE.to_owned();
        run.files_of_timeline[0] = HOSTILE.to_owned();
        run.answer = Some(HOSTILE.to_owned());
        slow
    }

    #[test]
    fn a_slow_run_is_drawn_with_names_times_and_lines() {
        let page = page(&slow());
        for part in [
            "<strong>900</strong> ms, as much as the reference",
            ">b.txt</text>",
            "alice: 2 files waited for by 2 threads, at most 2 at the same time, in 900 ms; lines were printed from \
             300 ms to 300 ms.",
            ">400 ms</text>",
            "a line is printed",
            "When each line was printed",
            "<td>300 ms</td>",
            "milliseconds of the slow disk",
            "class=\"answer good\"",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("to read a whole file"), "{page}");
    }

    fn page(record: &Record) -> String {
        one(&Entry::of(record.clone()), &Context::default())
    }

    /// All elements of a page, in order.
    fn elements(page: &str) -> Vec<&str> {
        let tags = page.split('<').skip(1);
        tags.map(|tag| tag.split([' ', '>', '/']).next().unwrap_or_default())
            .collect()
    }

    #[test]
    fn text_of_a_submission_adds_no_element_and_nothing_that_acts() {
        adds_nothing(&record());
        adds_nothing(&slow());
    }

    fn adds_nothing(hostile: &Record) {
        let harmless = serde_json::to_string(hostile).unwrap();
        let quoted = serde_json::to_string(HOSTILE).unwrap();
        // The same number of words, as each word of a command is an element.
        let tame: String = HOSTILE
            .chars()
            .map(|c| if c == ' ' { c } else { 'a' })
            .collect();
        let harmless = harmless.replace(&quoted, &serde_json::to_string(&tame).unwrap());
        let harmless = serde_json::from_str(&harmless).unwrap();
        let (hostile, harmless) = (page(hostile), page(&harmless));
        assert!(harmless.contains(&tame));
        assert_eq!(elements(&hostile), elements(&harmless));
        assert!(!hostile.contains(['\u{202e}', '\u{1b}']));
    }

    #[test]
    fn the_picture_shows_both_on_one_scale_and_says_the_same_in_words() {
        let page = page(&record());
        assert!(page.contains("<strong>3</strong> rounds instead of <strong>1</strong>"));
        // The submission: two lanes, never two reads at once. The reference: three lanes, one round.
        assert!(page.contains("viewBox=\"0 0 3 2\"") && page.contains("viewBox=\"0 0 3 3\""));
        assert!(page.contains("class=\"alone\" stroke-width=\".8\" d=\"M0 0h1M2 0h1M1 1h1\""));
        assert!(page.contains("class=\"together\" stroke-width=\".8\" d=\"M0 0h1M0 1h1M0 2h1\""));
        for words in [
            "alice: 2 threads read 3 files in 3 rounds; only one thread reads at any time; a thread reads 1 to 2 files.",
            "the reference: 3 threads read 3 files in 1 round; each thread reads 1 file.",
        ] {
            assert!(page.contains(words), "{words}");
        }
    }

    #[test]
    fn a_record_without_its_timeline_says_where_it_is() {
        let mut record = record();
        record.runs[0].timeline = None;
        let page = page(&record);
        assert!(page.contains("The timeline is not in this record"));
        assert!(!page.contains("<figure"));
    }

    #[test]
    fn the_page_of_a_class_has_a_row_and_a_part_for_each() {
        let mut summary = Summary::default();
        let all = ["alice", "bob"].map(|id| {
            let mut record = record();
            record.submission.id = id.parse().unwrap();
            Entry::of(record)
        });
        for entry in &all {
            summary.add(&entry.record, None);
        }
        let [alice, bob, gone] = ["alice", "bob", "gone"].map(|id| id.parse().unwrap());
        summary.unlisted = vec![alice, gone];
        summary.attempts = vec![(bob, vec![("bob.zip".to_owned(), true)])];
        let facts = ClassFacts {
            exercise: "sum-of-products".parse().unwrap(),
            seeds: vec!["0".parse().unwrap()],
            checks: vec![CheckId::Total],
            has_people: false,
            separator: crate::separator::Separator::default(),
            summary,
        };
        let mut page = Vec::new();
        let mut report = Box::new(Class::begin(&facts, &mut page).unwrap());
        for entry in &all {
            report.add(entry).unwrap();
        }
        report.end().unwrap();
        let page = String::from_utf8(page).unwrap();
        for id in ["alice", "bob"] {
            assert_eq!(page.matches(&format!("id=\"of-{id}\"")).count(), 1);
            assert!(page.matches(&format!("href=\"#of-{id}\"")).count() >= 2);
        }
        // Wherever a submission of the page is named, there is a link to it; the others have no place in it.
        for line in [
            "<li><a href=\"#of-alice\">alice</a></li>",
            "<li><a href=\"#of-bob\">bob</a></li>",
            "<li>gone</li>",
        ] {
            assert!(page.contains(line), "{line}");
        }
        assert_eq!(page.matches("<figure").count(), 2);
        let tags = elements(&page);
        let count = |tag: &str| tags.iter().filter(|one| **one == tag).count();
        assert_eq!(count("script"), 1);
        assert_eq!(count("img"), 0);
        assert!(page.contains("2 submissions") && page.ends_with("</html>\n"));
    }
}
