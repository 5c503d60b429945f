//! The grading worksheet of a Moodle assignment: `Identifier,Full name,…,Grade,Maximum Grade,…`.
//!
//! `mod/assign/feedback/offline/importgradeslib.php` of moodle takes the columns `Identifier`, `Grade` and `Last
//! modified (grade)`, by their names in the language of the site. An identifier is `Participant 101`; the number is
//! also in the name of the folder that Moodle gives of what this participant handed in. A grade above the maximum is
//! passed over in silence, so none is written.

use crate::{
    header::Header,
    points::Points,
    sheet::{Keys, Sheet, SheetError, Student},
    table::Table,
};

const SYSTEM: &str = "Moodle";

pub(crate) fn read(table: &Table) -> Result<Sheet, SheetError> {
    let header = Header::of(table);
    let line = table.line(header.row);
    let need = |column, plain: &[&str]| -> Result<usize, SheetError> {
        header.find(plain)?.ok_or(SheetError::NoColumn {
            column,
            line,
            system: SYSTEM,
        })
    };
    let identifier = need("Identifier", &["identifier"])?;
    let column = need("Grade", &["grade"])?;
    need("Last modified (grade)", &["lastmodifiedgrade"])?;
    let name = header.find(&["fullname", "name"])?;
    let sid = header.find(&["idnumber"])?;
    let email = header.find(&["emailaddress", "email"])?;
    let login = header.find(&["username"])?;
    let can_change = header.find(&["gradecanbechanged"])?;
    let most = header.find(&["maximumgrade"])?;
    let cell = |row, column: Option<usize>| {
        column.map_or_else(String::new, |column| {
            table.cell(row, column).trim().to_owned()
        })
    };
    let mut maximum: Option<(Points, usize)> = None;
    let mut decimal = '.';
    let mut students = Vec::new();
    for row in table.rows().filter(|row| *row > header.row) {
        let line = table.line(row);
        let text = cell(row, most);
        if !text.is_empty() && text != "-" {
            if text.contains(',') && !text.contains('.') {
                decimal = ',';
            }
            let points = Points::read(&text).ok_or(SheetError::NoMaximum { line, text })?;
            match maximum {
                Some((first, first_line)) if first != points => {
                    return Err(SheetError::Maxima {
                        first,
                        first_line,
                        second: points,
                        second_line: line,
                    });
                }
                _ => maximum = maximum.or(Some((points, line))),
            }
        }
        let identifier = cell(row, Some(identifier));
        let digits = identifier.trim_start_matches(|c: char| !c.is_ascii_digit());
        let keys = Keys {
            number: digits.to_owned(),
            sid: cell(row, sid),
            email: cell(row, email),
            login: cell(row, login),
            name: cell(row, name),
        };
        let locked = cell(row, can_change).eq_ignore_ascii_case("no");
        students.push(Student {
            row,
            shown: if keys.name.is_empty() {
                identifier
            } else {
                format!("{} ({identifier})", keys.name)
            },
            keys,
            locked: locked.then(|| "Moodle says that the grade cannot be changed".to_owned()),
            is_test: false,
        });
    }
    Ok(Sheet {
        column,
        title: header.names[column].clone(),
        maximum: maximum.map(|(points, line)| (points, format!("Maximum grade on line {line}"))),
        decimal,
        students,
    })
}
