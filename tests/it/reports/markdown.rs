//! Markdown, read by a parser with all that GitHub adds to Markdown.

use comrak::{
    Arena, Options,
    nodes::{AstNode, NodeValue},
    parse_document,
};

use super::paths::{GRADED, POINTS};

/// What a reader sees of a Markdown text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// The headlines.
    pub(super) headlines: Vec<String>,
    /// The cells of all tables, line by line.
    pub(super) rows: Vec<Vec<String>>,
    /// The blocks of code.
    pub(super) blocks: Vec<String>,
    /// Text that is not code.
    pub(super) plain: String,
    /// All that is not code, text or a part of the form that our reports have.
    pub(super) strange: Vec<String>,
}

/// Read a text as GitHub does.
pub(super) fn read(text: &str) -> Seen {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.table = true;
    extension.autolink = true;
    extension.strikethrough = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.math_dollars = true;
    extension.math_code = true;
    extension.alerts = true;
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    let mut seen = Seen::default();
    for node in root.descendants() {
        let value = &node.data.borrow().value;
        match value {
            NodeValue::Heading(_) => seen.headlines.push(text_of(node)),
            NodeValue::TableRow(_) => seen.rows.push(node.children().map(text_of).collect()),
            NodeValue::CodeBlock(block) => seen.blocks.push(block.literal.clone()),
            NodeValue::Text(text) => {
                seen.plain += text;
                seen.plain += "\n";
            }
            NodeValue::Document
            | NodeValue::Paragraph
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Table(_)
            | NodeValue::TableCell
            | NodeValue::Code(_)
            | NodeValue::Strong
            | NodeValue::SoftBreak
            | NodeValue::ThematicBreak => {}
            other => seen.strange.push(format!("{other:?}")),
        }
    }
    seen
}

fn text_of<'a>(node: &'a AstNode<'a>) -> String {
    let parts = node
        .descendants()
        .map(|node| match &node.data.borrow().value {
            NodeValue::Text(text) => text.to_string(),
            NodeValue::Code(code) => code.literal.clone(),
            _ => String::new(),
        });
    parts.collect()
}

#[test]
fn a_class_is_a_table_with_everybody_in_it() {
    let seen = read(&GRADED.class("markdown"));
    assert_eq!(seen.strange, [""; 0]);
    assert_eq!(seen.headlines, ["sum-of-products: 7 submissions"]);
    let (counts, everybody) = seen.rows.split_at(4);
    assert_eq!(counts[1], ["passed", "1"]);
    assert_eq!(counts[2], ["did not pass", "5"]);
    assert_eq!(counts[3], ["not graded, through no fault of theirs", "1"]);
    assert_eq!(everybody.len(), 1 + POINTS.len());
    for (row, (id, points)) in everybody[1..].iter().zip(POINTS) {
        let verdict = match points {
            None => "not-graded",
            Some(10) => "pass",
            Some(_) => "fail",
        };
        let points = points.map(|points| format!("{points} of 10"));
        assert_eq!(row[..3], [id, verdict, &points.unwrap_or_default()]);
        assert_eq!(row[3].is_empty(), id == "right", "{row:?}");
    }
}

#[test]
fn every_ending_has_a_report_with_its_points_and_its_reason() {
    for (id, points) in POINTS {
        let text = GRADED.one(id, "markdown");
        let seen = read(&text);
        assert_eq!(seen.strange, [""; 0], "{text}");
        let title = format!("sum-of-products by {id}: ");
        assert!(seen.headlines[0].starts_with(&title), "{text}");
        match points {
            None => {
                assert_eq!(seen.headlines[1..], ["Why it was not graded"]);
                assert_eq!(seen.rows.len(), 0, "{text}");
                assert!(!text.contains(" of 10"), "{text}");
            }
            Some(points) => {
                assert!(
                    text.contains(&format!("**{points} of 10 points.**")),
                    "{text}"
                );
                let earned = seen.rows[1..].iter().map(|row| {
                    let earned = row[2].split(' ').next().unwrap();
                    earned.parse::<u64>().unwrap()
                });
                assert_eq!(earned.sum::<u64>(), points, "{text}");
            }
        }
    }
    let not_built = read(&GRADED.one("not-built", "markdown"));
    assert!(
        not_built.blocks[0].contains("src/main.rs:"),
        "{not_built:?}"
    );
}
