//! A class over several exercises: the points of each person in each, as a table for a spreadsheet, for a terminal and as
//! a web page that leads to the page of each exercise.
//!
//! Who handed in nothing for an exercise has no points there, also not zero: whether that counts as zero is for whoever
//! gives the marks. The sum of a person is that of what was graded, and missing where something was not graded through
//! no fault of theirs. Never shows what is in a submission.

use std::fmt::Write as _;

use ids::{ExerciseId, SubmissionId, words::count};
use judge::record::{Score, Verdict};

use crate::{
    csv::{guard, guard_id, line},
    entry::Person,
    page,
    separator::Separator,
    style::{BAD, BOLD, DIM, GOOD, OPEN},
    words::verdict_word,
};

/// How somebody did in one exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// It was graded.
    Graded(Verdict, Score),
    /// It was not graded, through no fault of theirs.
    NotGraded,
    /// They handed in nothing for it.
    NotHandedIn,
}

/// One exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The exercise.
    pub id: ExerciseId,
    /// Its headline.
    pub title: String,
    /// The points that it is worth.
    pub possible: u32,
    /// Whether it has a page of its own, in a folder of its name.
    pub has_page: bool,
}

/// One submission, or the work of one person in several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Whose it is.
    pub id: SubmissionId,
    /// Who handed in, where that is known.
    pub people: Vec<Person>,
    /// One for each exercise.
    pub cells: Vec<Cell>,
}

/// A class over several exercises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Across {
    /// The exercises, in their order.
    pub columns: Vec<Column>,
    /// The class, in byte order of the ids.
    pub rows: Vec<Row>,
}

impl Cell {
    /// The points, where there are some.
    pub(crate) const fn points(self) -> Option<u32> {
        match self {
            Self::Graded(_, score) => Some(score.earned),
            Self::NotGraded | Self::NotHandedIn => None,
        }
    }

    /// What it is, in one word for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Graded(verdict, _) => verdict_word(verdict),
            Self::NotGraded => verdict_word(Verdict::NotGraded),
            Self::NotHandedIn => "not-handed-in",
        }
    }
}

impl Row {
    /// The sum of what was graded; none if something was not graded.
    pub(crate) fn sum(&self) -> Option<u32> {
        if self.cells.contains(&Cell::NotGraded) {
            return None;
        }
        Some(self.cells.iter().filter_map(|cell| cell.points()).sum())
    }
}

impl Across {
    /// The points of all exercises together.
    #[must_use]
    pub fn possible(&self) -> u32 {
        self.columns.iter().map(|column| column.possible).sum()
    }

    /// How many have a cell like this, in one exercise.
    pub(crate) fn number(&self, column: usize, is: impl Fn(Cell) -> bool) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.cells.get(column));
        cells.filter(|cell| is(**cell)).count()
    }

    /// For a spreadsheet: the points in each exercise and their sum, and behind them how each ended.
    #[must_use]
    pub fn csv(&self, separator: Separator) -> String {
        let has_people = self.rows.iter().any(|row| !row.people.is_empty());
        let ids = || self.columns.iter().map(|column| column.id.to_string());
        let verdicts = ids().map(|id| format!("{id} verdict"));
        let person = ["sid", "name", "email", "login", "group"].map(str::to_owned);
        let person = person.into_iter().filter(|_| has_people);
        let sums = ["sum", "possible"].map(str::to_owned);
        let head = std::iter::once("id".to_owned()).chain(ids()).chain(sums);
        let mut text = line(head.chain(verdicts).chain(person), separator);
        let number = |points: Option<u32>| points.map(|points| points.to_string());
        for row in &self.rows {
            let points = row.cells.iter().map(|cell| number(cell.points()));
            let points = points.map(Option::unwrap_or_default);
            let sums = [
                number(row.sum()).unwrap_or_default(),
                self.possible().to_string(),
            ];
            let words = row.cells.iter().map(|cell| cell.word().to_owned());
            let cells = std::iter::once(guard_id(&row.id)).chain(points).chain(sums);
            let cells: Vec<String> = cells.chain(words).collect();
            let nobody = [Person::default()];
            let people = if row.people.is_empty() {
                &nobody[..]
            } else {
                &row.people
            };
            for person in people {
                let person = [
                    guard(&person.sid),
                    person.name.clone(),
                    person.email.clone(),
                    guard(&person.login),
                    guard(&person.group),
                ];
                let person = person.into_iter().filter(|_| has_people);
                text += &line(cells.iter().cloned().chain(person), separator);
            }
        }
        text
    }

    /// For a terminal: a line about each exercise, and then a line for each person with a column for each exercise.
    #[must_use]
    pub fn human(&self) -> String {
        let mut text = String::new();
        for (at, column) in self.columns.iter().enumerate() {
            let has =
                |verdict| move |cell| matches!(cell, Cell::Graded(found, _) if found == verdict);
            let parts = [
                (GOOD, self.number(at, has(Verdict::Pass)), "passed"),
                (BAD, self.number(at, has(Verdict::Fail)), "did not pass"),
                (
                    OPEN,
                    self.number(at, |cell| cell == Cell::NotGraded),
                    "not graded",
                ),
                (
                    DIM,
                    self.number(at, |cell| cell == Cell::NotHandedIn),
                    "not handed in",
                ),
            ];
            let parts = parts.iter().filter(|(_, number, _)| *number > 0);
            let parts: Vec<String> = parts
                .map(|(style, number, word)| format!("{style}{number} {word}{style:#}"))
                .collect();
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{:>3}  {BOLD}{}{BOLD:#} ({}): {}",
                at + 1,
                column.id,
                count(column.possible as usize, "point"),
                parts.join(", ")
            );
        }
        let ids = self.rows.iter().map(|row| row.id.as_str().chars().count());
        let width = ids.max().unwrap_or(0);
        let _ = write!(text, "\n{:width$}", "");
        for at in 1..=self.columns.len() {
            let _ = write!(text, " {at:>4}");
        }
        let _ = writeln!(text, "   sum of {}", self.possible());
        for row in &self.rows {
            let _ = write!(text, "{:width$}", row.id.as_str());
            for cell in &row.cells {
                let shown = match cell {
                    Cell::Graded(_, score) => score.earned.to_string(),
                    Cell::NotGraded => "?".to_owned(),
                    Cell::NotHandedIn => "-".to_owned(),
                };
                let style = match cell {
                    Cell::Graded(Verdict::Pass, _) => GOOD,
                    Cell::Graded(..) => BAD,
                    Cell::NotGraded => OPEN,
                    Cell::NotHandedIn => DIM,
                };
                let _ = write!(text, " {style}{shown:>4}{style:#}");
            }
            let sum = row.sum().map_or("?".to_owned(), |sum| sum.to_string());
            let _ = writeln!(text, "  {sum:>4}");
        }
        for (sign, cell, words) in [
            ("-", Cell::NotHandedIn, "handed in nothing for the exercise"),
            (
                "?",
                Cell::NotGraded,
                "not graded, through no fault of theirs",
            ),
        ] {
            if (0..self.columns.len()).any(|at| self.number(at, |found| found == cell) > 0) {
                let _ = writeln!(text, "{DIM}{sign}  {words}{DIM:#}");
            }
        }
        text
    }

    /// The web page: all exercises, and all people, with a link to the page of each exercise that has one.
    #[must_use]
    pub fn html(&self) -> String {
        page::across(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graded(verdict: Verdict, earned: u32) -> Cell {
        let possible = 10;
        Cell::Graded(verdict, Score { earned, possible })
    }

    fn class() -> Across {
        let column = |id: &str, has_page| Column {
            id: id.parse().unwrap(),
            title: "<b>Title</b>".to_owned(),
            possible: 10,
            has_page,
        };
        let row = |id: &str, cells: [Cell; 2]| Row {
            id: id.parse().unwrap(),
            people: Vec::new(),
            cells: cells.to_vec(),
        };
        Across {
            columns: vec![column("first", true), column("second", false)],
            rows: vec![
                row("ada", [graded(Verdict::Pass, 10), graded(Verdict::Fail, 4)]),
                row("bob", [graded(Verdict::Fail, 0), Cell::NotHandedIn]),
                row("eve", [Cell::NotGraded, graded(Verdict::Pass, 10)]),
            ],
        }
    }

    #[test]
    fn what_was_not_handed_in_or_not_graded_has_no_points_and_is_told_apart_from_zero() {
        let expected = "id,first,second,sum,possible,first verdict,second verdict\n\
            ada,10,4,14,20,pass,fail\n\
            bob,0,,0,20,fail,not-handed-in\n\
            eve,,10,,20,not-graded,pass\n";
        assert_eq!(class().csv(Separator::Comma), expected);
        assert!(class().csv(Separator::Semicolon).starts_with("id;first;"));
    }

    #[test]
    fn people_who_are_known_have_a_line_each() {
        let mut class = class();
        let person = |name: &str| Person {
            name: name.to_owned(),
            sid: "0012".to_owned(),
            ..Person::default()
        };
        class.rows[0].people = vec![person("Ada"), person("Max")];
        let text = class.csv(Separator::Comma);
        let lines: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("ada,"))
            .collect();
        assert_eq!(
            lines,
            [
                "ada,10,4,14,20,pass,fail,'0012,Ada,,,",
                "ada,10,4,14,20,pass,fail,'0012,Max,,,"
            ]
        );
        assert!(
            text.contains("\nbob,0,,0,20,fail,not-handed-in,,,,,\n"),
            "{text}"
        );
    }

    #[test]
    fn the_table_for_a_terminal_says_what_its_signs_mean() {
        let text = anstyle_free(&class().human());
        for line in [
            "  1  first (10 points): 1 passed, 1 did not pass, 1 not graded",
            "  2  second (10 points): 1 passed, 1 did not pass, 1 not handed in",
            "       1    2   sum of 20",
            "ada   10    4    14",
            "bob    0    -     0",
            "eve    ?   10     ?",
            "-  handed in nothing for the exercise",
            "?  not graded, through no fault of theirs",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line:?} in\n{text}"
            );
        }
        assert!(text.lines().all(|line| line.len() <= 80));
    }

    /// A text without colours.
    fn anstyle_free(text: &str) -> String {
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            text + part.split_once('m').map_or(part, |(_, rest)| rest)
        })
    }

    #[test]
    fn the_page_leads_to_the_page_of_each_exercise_that_has_one() {
        let page = class().html();
        assert!(page.contains("href=\"first/report.html\""), "{page}");
        assert!(page.contains("href=\"first/report.html#of-ada\""));
        assert!(!page.contains("href=\"second"));
        assert!(!page.contains("<b>Title") && page.contains("&lt;b&gt;Title"));
        assert!(page.contains("not handed in"));
    }
}
