//! The table attack × tier: the grader's result, and the effects outside.

use std::{collections::BTreeSet, fmt::Write as _};

use super::expect::{Effect, Outcome, Tier};

/// What came of one attack at one tier.
#[derive(Debug)]
pub(crate) enum Seen {
    /// This machine lacks what it needs.
    LeftOut,
    /// It was graded.
    Graded {
        outcome: Outcome,
        effects: BTreeSet<Effect>,
        /// The end of the grader's output, to explain a failure.
        tail: String,
    },
}

impl Seen {
    fn words(&self) -> String {
        match self {
            Self::LeftOut => "left out".into(),
            Self::Graded {
                outcome, effects, ..
            } => {
                let mut words = outcome.to_string();
                for effect in effects {
                    let _ = write!(words, " +{effect}");
                }
                words
            }
        }
    }
}

/// One attack at all tiers played.
#[derive(Debug)]
pub(crate) struct Row {
    name: String,
    group: String,
    cells: Vec<(Tier, String)>,
}

impl Row {
    pub(crate) fn new(name: &str, group: &str) -> Self {
        Self {
            name: name.into(),
            group: group.into(),
            cells: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, tier: Tier, seen: &Seen) {
        self.cells.push((tier, seen.words()));
    }
}

/// The table as Markdown, sorted by group.
pub(crate) fn render(rows: &[Row]) -> String {
    let mut text = String::from("| group | attack |");
    let Some(first) = rows.first() else {
        return text;
    };
    for (tier, _) in &first.cells {
        let _ = write!(text, " {tier} |");
    }
    text.push_str("\n| --- | --- |");
    text.push_str(&" --- |".repeat(first.cells.len()));
    text.push('\n');
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| (&row.group, &row.name));
    for row in rows {
        let _ = write!(text, "| {} | {} |", row.group, row.name);
        for (_, words) in &row.cells {
            let _ = write!(text, " {words} |");
        }
        text.push('\n');
    }
    text
}
