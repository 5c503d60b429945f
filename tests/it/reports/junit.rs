//! `JUnit`'s XML, read by a parser of XML.

use roxmltree::{Document, Node};

use super::paths::{GRADED, POINTS};

/// The elements of this name below a node.
pub(super) fn all<'a>(node: Node<'a, 'a>, name: &'static str) -> Vec<Node<'a, 'a>> {
    let found = node.descendants().filter(|one| one.has_tag_name(name));
    found.collect()
}

#[track_caller]
fn number(node: Node<'_, '_>, name: &str) -> usize {
    let value = node.attribute(name).unwrap();
    value.parse().unwrap_or_else(|_| panic!("{name}: {value}"))
}

/// The counts of a suite are right. Returns its name and its points.
#[track_caller]
pub(super) fn check_suite(suite: Node<'_, '_>) -> (String, Option<u64>) {
    let cases = all(suite, "testcase");
    assert_eq!(cases.len(), number(suite, "tests"));
    for (count, name) in [
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ] {
        assert_eq!(all(suite, name).len(), number(suite, count), "{name}");
    }
    let properties = all(suite, "property");
    let points = properties
        .iter()
        .find(|one| one.attribute("name") == Some("points.earned"));
    let points = points.map(|one| one.attribute("value").unwrap().parse().unwrap());
    (suite.attribute("name").unwrap().to_owned(), points)
}

#[test]
fn a_class_has_a_suite_for_each_with_counts_and_points() {
    let text = GRADED.class("junit");
    let document = Document::parse(&text).unwrap();
    let suites = all(document.root(), "testsuite");
    let seen: Vec<_> = suites.iter().map(|suite| check_suite(*suite)).collect();
    let expected = POINTS.map(|(id, points)| (id.to_owned(), points));
    assert_eq!(seen, expected);
    for (at, suite) in suites.iter().enumerate() {
        assert_eq!(number(*suite, "id"), at);
    }
    let of = |id: &str| {
        let found = suites.iter().find(|one| one.attribute("name") == Some(id));
        *found.unwrap()
    };
    let count = |id: &str, name: &'static str| all(of(id), name).len();
    assert_eq!((count("right", "failure"), count("right", "error")), (0, 0));
    // What was not graded is an error and no failure.
    let not_graded = (count("not-graded", "failure"), count("not-graded", "error"));
    assert_eq!(not_graded, (0, 1));
    let failure = all(of("serial"), "failure")[0];
    let message = failure.attribute("message").unwrap();
    assert!(message.starts_with("0 of 4 points: "), "{message}");
    // Each check's points are there, and add up.
    let points = all(of("serial"), "property");
    let points = points
        .iter()
        .filter_map(|one| one.attribute("value")?.split_once(" of "));
    let points = points.map(|(earned, _)| earned.parse::<u64>().unwrap());
    assert_eq!(points.sum::<u64>(), 6);
}

#[test]
fn one_submission_has_one_suite() {
    for (id, points) in POINTS {
        let text = GRADED.one(id, "junit");
        let document = Document::parse(&text).unwrap();
        let suites = all(document.root(), "testsuite");
        assert_eq!(suites.len(), 1);
        assert_eq!(check_suite(suites[0]), (id.to_owned(), points));
    }
}
