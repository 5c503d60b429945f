//! The page of a class over several exercises: a row for each person, and links to the pages of the exercises.
//!
//! Never repeats what is in those pages.

use super::{
    head,
    markup::Markup,
    words::{anchor, verdict},
};
use crate::across::{Across, Cell, Row};
use ids::words::count;
use judge::record::Verdict;

/// The page.
pub(crate) fn across(class: &Across) -> String {
    let mut page = Markup::document();
    page.begin("html", &[("lang", "en")]);
    let exercises = count(class.columns.len(), "exercise");
    let people = count(class.rows.len(), "submission");
    head::write(&mut page, &format!("{exercises}: {people}"));
    page.begin("body", &[]);
    page.begin("main", &[("class", "class")]);
    page.element("header", &[("class", "top")], |page| {
        page.leaf("p", &[("class", "over")], &people);
        page.leaf("h1", &[], &exercises);
        let points = count(class.possible() as usize, "point");
        page.leaf("p", &[("class", "people")], &format!("{points} together"));
    });
    table(&mut page, class);
    head::script(&mut page);
    page.finish()
}

fn table(page: &mut Markup, class: &Across) {
    page.begin("section", &[("class", "all")]);
    page.leaf("h2", &[("id", "table")], "Points");
    let attributes = [
        ("class", "wide"),
        ("tabindex", "0"),
        ("role", "group"),
        ("aria-labelledby", "table"),
    ];
    page.begin("div", &attributes);
    page.begin("table", &[]);
    page.element("thead", &[], |page| {
        page.element("tr", &[], |page| {
            page.leaf("th", &[("scope", "col")], "Submission");
            for column in &class.columns {
                let cell = [("scope", "col"), ("class", "right")];
                page.element("th", &cell, |page| {
                    let title = [("title", column.title.as_str())];
                    if column.has_page {
                        let href = format!("{}/report.html", column.id);
                        let link = [("href", href.as_str()), title[0]];
                        page.leaf("a", &link, column.id.as_str());
                    } else {
                        page.leaf("span", &title, column.id.as_str());
                    }
                    page.text(&format!(" ({})", column.possible));
                });
            }
            let sum = format!("Sum of {}", class.possible());
            page.leaf("th", &[("scope", "col"), ("class", "right")], &sum);
        });
    });
    page.element("tbody", &[], |page| {
        for row in &class.rows {
            line(page, class, row);
        }
    });
    page.end();
    page.end();
    page.end();
}

fn line(page: &mut Markup, class: &Across, row: &Row) {
    page.element("tr", &[], |page| {
        page.element("th", &[("scope", "row")], |page| {
            page.text(row.id.as_str());
            let names = row.people.iter().map(|person| person.name.as_str());
            let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
            if !names.is_empty() {
                page.text(&format!(" ({})", names.join(", ")));
            }
        });
        for (column, cell) in class.columns.iter().zip(&row.cells) {
            let kind = match cell {
                Cell::Graded(kind, _) => Some(*kind),
                Cell::NotGraded => Some(Verdict::NotGraded),
                Cell::NotHandedIn => None,
            };
            let attributes = kind.map_or("right quiet".to_owned(), |kind| {
                format!("right {}", verdict(kind).1)
            });
            page.element("td", &[("class", &attributes)], |page| {
                let shown = match (cell, cell.points()) {
                    (_, Some(points)) => points.to_string(),
                    (Cell::NotHandedIn, _) => "not handed in".to_owned(),
                    _ => "not graded".to_owned(),
                };
                if column.has_page && kind.is_some() {
                    let href = format!("{}/report.html#{}", column.id, anchor(&row.id));
                    page.leaf("a", &[("href", &href)], &shown);
                } else {
                    page.text(&shown);
                }
            });
        }
        let sum = row
            .sum()
            .map_or("not known".to_owned(), |sum| sum.to_string());
        page.leaf("td", &[("class", "right")], &sum);
    });
}
