//! Grades into a gradebook.
//!
//! Each grade goes to the rows of the people who handed in. A cell changes only if its row is certain, one grade goes
//! there, and the cell says another number. Never writes a cell for a submission that was *not graded*.

use std::collections::{BTreeMap, BTreeSet};

use ids::ExerciseId;

use crate::{
    account::MergeAccount,
    canvas,
    grade::{Grade, System},
    moodle,
    people::{Index, Whose},
    points::Points,
    sheet::{Sheet, SheetError},
    table::Table,
};

/// What is to be merged.
#[derive(Debug)]
pub struct MergeRequest<'a> {
    /// Whose file it is.
    pub system: System,
    /// The exercise: an assignment of this name is meant if there are several.
    pub exercise: &'a ExerciseId,
    /// The assignment that was named.
    pub assignment: Option<&'a str>,
    /// What full marks are worth, where that is not what the exercise says.
    pub scale: Option<Points>,
    /// The grades.
    pub grades: &'a [Grade],
}

/// A file with grades in it.
#[derive(Debug)]
pub struct Merged {
    /// The file.
    pub bytes: Vec<u8>,
    /// What was done.
    pub account: MergeAccount,
}

/// Put the grades into the file.
///
/// # Errors
/// It is no such file, or its maximum is another one.
pub fn merge(mut table: Table, request: &MergeRequest<'_>) -> Result<Merged, SheetError> {
    let sheet = match request.system {
        System::Canvas => canvas::read(&table, request.assignment, request.exercise)?,
        System::Moodle => moodle::read(&table)?,
    };
    if sheet.students.iter().all(|student| student.is_test) {
        return Err(SheetError::NoStudents);
    }
    let full = full_marks(&sheet, request)?;
    let mut account = MergeAccount {
        title: sheet.title.clone(),
        ..MergeAccount::default()
    };
    let (wanted, doubted) = whose(&sheet, request, full, &mut account)?;
    for (at, student) in sheet.students.iter().enumerate() {
        let Some(grades) = wanted.get(&at) else {
            if !student.is_test && !doubted.contains(&at) {
                account.without_submission.push(student.shown.clone());
            }
            continue;
        };
        let [(id, points)] = &grades[..] else {
            let ids = grades.iter().map(|(id, _)| format!("`{id}`"));
            let ids = ids.collect::<Vec<_>>().join(" and ");
            account
                .doubtful
                .push(format!("{}: handed in by {ids}", student.shown));
            continue;
        };
        let Some(points) = points else {
            account
                .not_graded
                .push(format!("{}: `{id}`", student.shown));
            continue;
        };
        if let Some(why) = &student.locked {
            account.locked.push(format!("{}: {why}", student.shown));
            continue;
        }
        if Points::read(&table.cell(student.row, sheet.column)) == Some(*points) {
            account.unchanged += 1;
            continue;
        }
        if !table.set(student.row, sheet.column, &points.written(sheet.decimal)) {
            return Err(SheetError::ShortRow {
                line: table.line(student.row),
                cells: table.width(student.row),
                wanted: sheet.column + 1,
            });
        }
        account.filled += 1;
    }
    Ok(Merged {
        bytes: table.write(),
        account,
    })
}

/// A submission, and its points on the scale of the file.
type Scaled<'a> = (&'a str, Option<Points>);

/// What each student gets, by their place in the sheet.
type Wanted<'a> = BTreeMap<usize, Vec<Scaled<'a>>>;

/// The submissions of each student, by their place in the sheet; and whose rows a submission may belong to.
fn whose<'a>(
    sheet: &Sheet,
    request: &MergeRequest<'a>,
    full: Option<Points>,
    account: &mut MergeAccount,
) -> Result<(Wanted<'a>, BTreeSet<usize>), SheetError> {
    let index = Index::new(request.system, &sheet.students);
    let mut wanted = BTreeMap::<usize, Vec<Scaled<'a>>>::new();
    let mut doubted = BTreeSet::new();
    let mut is_any = false;
    for grade in request.grades {
        let id = grade.submission.as_str();
        let points = grade.points.and_then(|(earned, possible)| {
            full.unwrap_or(Points::whole(possible))
                .share(earned, possible)
        });
        for (person, whose) in index.find(grade) {
            let of = if person.is_empty() {
                String::new()
            } else {
                format!(" of {person}")
            };
            match whose {
                Whose::Student { at, by_name } => {
                    is_any = true;
                    if by_name {
                        let student = &sheet.students[at].shown;
                        account.by_name.push(format!("`{id}`: {student}"));
                    }
                    wanted.entry(at).or_default().push((id, points));
                }
                Whose::Nobody => account.not_in_file.push(format!("`{id}`{of}")),
                Whose::Doubt { why, rows } => {
                    is_any = true;
                    doubted.extend(rows);
                    account.doubtful.push(format!("`{id}`{of} {why}"));
                }
            }
        }
    }
    if !is_any && !request.grades.is_empty() {
        return Err(SheetError::NobodyInCommon {
            students: sheet
                .students
                .iter()
                .filter(|student| !student.is_test)
                .count(),
            grades: request.grades.len(),
        });
    }
    Ok((wanted, doubted))
}

/// What full marks are worth in the file; nothing where neither the file nor the user says so.
fn full_marks(sheet: &Sheet, request: &MergeRequest<'_>) -> Result<Option<Points>, SheetError> {
    let possible = request.grades.iter().filter_map(|grade| grade.points);
    let possible = possible.map(|(_, possible)| possible).max();
    match (&sheet.maximum, request.scale, possible) {
        (Some((maximum, place)), Some(scale), _) if scale > *maximum => {
            Err(SheetError::ScaleTooHigh {
                title: sheet.title.clone(),
                maximum: *maximum,
                place: place.clone(),
                scale,
            })
        }
        (Some((maximum, place)), None, Some(possible)) if *maximum != Points::whole(possible) => {
            Err(SheetError::OtherMaximum {
                title: sheet.title.clone(),
                maximum: *maximum,
                place: place.clone(),
                possible,
            })
        }
        (_, scale, _) => Ok(scale),
    }
}
