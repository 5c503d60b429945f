//! The gradebook of Canvas: `Student,ID,SIS User ID,SIS Login ID,Section,…,Title (123),…`.
//!
//! `lib/gradebook_exporter.rb` and `lib/gradebook_importer.rb` of canvas-lms write and read it. Below the header may
//! be a line that says how grades are posted, and a line `Points Possible`, which marks what cannot be changed with
//! `(read only)`. `EX` is a student who is excused, `N/A` one who was not asked. A title that Canvas does not know
//! makes a new assignment there, so the header is never changed. Canvas's own test student is no student.

use ids::ExerciseId;

use crate::{
    header::{Header, plain},
    points::Points,
    sheet::{Keys, Sheet, SheetError, Student},
    table::Table,
};

/// What ends the names of columns that Canvas computes.
const COMPUTED: [&str; 9] = [
    "Current Score",
    "Current Points",
    "Current Grade",
    "Final Score",
    "Final Points",
    "Final Grade",
    "Override Score",
    "Override Grade",
    "Override Status",
];
const POINTS: &str = "Points Possible";
const SYSTEM: &str = "Canvas";

pub(crate) fn read(
    table: &Table,
    assignment: Option<&str>,
    exercise: &ExerciseId,
) -> Result<Sheet, SheetError> {
    let header = Header::of(table);
    let line = table.line(header.row);
    let need = |column, found: Option<usize>| {
        found.ok_or(SheetError::NoColumn {
            column,
            line,
            system: SYSTEM,
        })
    };
    let whole = header.find(&["student"])?;
    let parts = (header.find(&["lastname"])?, header.find(&["firstname"])?);
    let id = need("ID", header.find(&["id"])?)?;
    let section = need("Section", header.find(&["section"])?)?;
    if parts.0.is_none() {
        need("Student", whole)?;
    }
    let (sid, login) = (header.find(&["sisuserid"])?, header.find(&["sisloginid"])?);
    let points_row = table.rows().find(|row| is_points(table, *row));
    let possible = |column: usize| points_row.map(|row| table.cell(row, column).trim().to_owned());
    let is_assignment = |column: &usize| {
        let name = &header.names[*column];
        let is_computed = COMPUTED.iter().any(|computed| name.contains(computed));
        let is_fixed = possible(*column).is_some_and(|text| text.contains("read only"));
        number(name).is_some() && !is_computed && !is_fixed
    };
    let columns = (section + 1..header.names.len()).filter(is_assignment);
    let column = choose(&header, &columns.collect::<Vec<_>>(), assignment, exercise)?;
    let maximum = match (points_row, possible(column)) {
        (Some(row), Some(text)) if !text.is_empty() => {
            let points = Points::read(&text).ok_or_else(|| SheetError::NoMaximum {
                line: table.line(row),
                text,
            })?;
            Some((points, format!("{POINTS} on line {}", table.line(row))))
        }
        _ => None,
    };
    let cell = |row, column: Option<usize>| {
        column.map_or_else(String::new, |column| {
            table.cell(row, column).trim().to_owned()
        })
    };
    let rows = table
        .rows()
        .filter(|row| *row > header.row && Some(*row) != points_row);
    let rows = rows.filter(|row| !is_posting(table, *row));
    let students = rows.map(|row| {
        let name = match (whole, parts) {
            (Some(whole), _) => cell(row, Some(whole)),
            (None, (last, first)) => format!("{}, {}", cell(row, last), cell(row, first)),
        };
        let keys = Keys {
            number: cell(row, Some(id)),
            sid: cell(row, sid),
            email: String::new(),
            login: cell(row, login),
            name: name.clone(),
        };
        let locked = match &*cell(row, Some(column)) {
            text if text.eq_ignore_ascii_case("EX") => Some("is excused (`EX`)".to_owned()),
            "N/A" => Some("the assignment is not for them (`N/A`)".to_owned()),
            _ => None,
        };
        Student {
            row,
            is_test: plain(&name) == "studenttest",
            shown: if name.is_empty() {
                keys.number.clone()
            } else {
                name
            },
            keys,
            locked,
        }
    });
    Ok(Sheet {
        column,
        title: header.names[column].clone(),
        maximum,
        decimal: decimal(table, section),
        students: students.collect(),
    })
}

/// The one column that is meant.
fn choose(
    header: &Header,
    columns: &[usize],
    assignment: Option<&str>,
    exercise: &ExerciseId,
) -> Result<usize, SheetError> {
    let title = |column: &usize| header.names[*column].as_str();
    let titles = || {
        columns
            .iter()
            .map(|column| format!("`{}`", title(column)))
            .collect::<Vec<_>>()
    };
    let called = |wanted: &str| -> Vec<usize> {
        let columns = columns.iter().filter(|column| {
            let title = title(column);
            let is_number = number(title) == Some(wanted);
            is_number || title == wanted || plain(bare(title)) == plain(wanted)
        });
        columns.copied().collect()
    };
    match (assignment, columns) {
        (_, []) => Err(SheetError::NoAssignment),
        (Some(wanted), _) => match called(wanted)[..] {
            [column] => Ok(column),
            ref found => Err(SheetError::UnknownAssignment {
                wanted: wanted.to_owned(),
                count: found.len(),
                titles: titles(),
            }),
        },
        (None, [column]) => Ok(*column),
        (None, _) => match called(exercise.as_str())[..] {
            [column] => Ok(column),
            _ => Err(SheetError::SeveralAssignments { titles: titles() }),
        },
    }
}

/// The number at the end of an assignment's title: `Homework (123)`.
fn number(title: &str) -> Option<&str> {
    let (_, number) = title.strip_suffix(')')?.rsplit_once('(')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(number)
}

/// A title without its number.
fn bare(title: &str) -> &str {
    number(title).map_or(title, |number| &title[..title.len() - number.len() - 2])
}

fn is_points(table: &Table, row: usize) -> bool {
    table.cell(row, 0).contains(POINTS)
}

/// The line that says how grades are posted: it has nothing else.
fn is_posting(table: &Table, row: usize) -> bool {
    let mut cells = (0..table.width(row)).map(|column| table.cell(row, column));
    cells.all(|cell| {
        let cell = cell.trim().to_ascii_lowercase();
        cell.is_empty() || cell == "muted" || cell.starts_with("manual posting")
    })
}

/// What stands before decimals in the numbers of the file. Canvas reads both.
fn decimal(table: &Table, section: usize) -> char {
    let mut cells = table
        .rows()
        .flat_map(|row| (section + 1..table.width(row)).map(move |column| (row, column)));
    let has_comma = cells.any(|(row, column)| {
        let cell = table.cell(row, column);
        let parts = cell.trim().split_once(',');
        parts.is_some_and(|(whole, rest)| {
            let is_digits =
                |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_digits(whole) && is_digits(rest)
        })
    });
    if table.delimiter() != ',' && has_comma {
        ','
    } else {
        '.'
    }
}
