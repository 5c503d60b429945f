//! Sort what was changed: into submissions that were touched, and what is outside of all.
//!
//! Never takes a path for a submission of an exercise that the base does not have.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    Request,
    base::Base,
    checkout::{Room, write_tree},
    git::{Changed, Commit, EntryKind, Git},
    objects::Objects,
    outside::{Kind, Outside, is_workflow, text_of},
};
use crate::{course::Place, fault::Fault};
use ids::{ExerciseId, SubmissionId};

/// An exercise, and the submissions for it that a pull request touches.
#[derive(Debug)]
pub struct Touched {
    /// The exercise.
    pub exercise: ExerciseId,
    /// The folder with a folder for each of them, named by their ids.
    pub class: PathBuf,
    /// Them, in the order of their folders.
    pub submissions: Vec<Submission>,
}

/// A submission that was touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// Its folder in the repository; empty for the root. Not safe to print.
    pub folder: String,
}

/// What was changed, sorted.
#[derive(Debug)]
pub(super) struct Sorted {
    /// The folders of the submissions as the course sees them, with the students' names.
    touched: BTreeMap<ExerciseId, BTreeMap<Vec<u8>, String>>,
    pub(super) outside: Vec<Outside>,
}

/// What was taken out of the head.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) touched: Vec<Touched>,
    /// The folders that are not there any more.
    pub(super) removed: Vec<String>,
    /// The paths that no disk can have.
    pub(super) unwritable: Vec<String>,
}

impl Sorted {
    pub(super) fn new(
        changed: &[Changed],
        base: &Base,
        request: &Request<'_>,
    ) -> Result<Self, Fault> {
        let only = only_exercise(base, request)?;
        let mut sorted = Self {
            touched: BTreeMap::new(),
            outside: Vec::new(),
        };
        for one in changed {
            let kind = match base.seen(&one.path) {
                _ if is_workflow(&one.path) => Kind::Workflow,
                None => Kind::Other,
                Some(path) => match submission_of(base, path, one) {
                    None if base.has(path) => Kind::Course,
                    None => Kind::Other,
                    Some(place) => match sorted.add(place, base, only.as_ref(), request) {
                        Ok(()) => continue,
                        Err(kind) => kind,
                    },
                },
            };
            sorted.outside.push(Outside {
                path: text_of(&one.path),
                kind,
            });
        }
        // A file in place of a submission's folder: the submission is graded.
        let folders = sorted.touched.values().flat_map(BTreeMap::keys);
        let folders: BTreeSet<_> = folders
            .map(|folder| text_of(&base.in_repository(folder)))
            .collect();
        sorted.outside.retain(|one| !folders.contains(&one.path));
        Ok(sorted)
    }

    /// Note that a submission was touched, or say why it is none.
    fn add(
        &mut self,
        place: Place<'_>,
        base: &Base,
        only: Option<&ExerciseId>,
        request: &Request<'_>,
    ) -> Result<(), Kind> {
        let exercise = match (place.exercise, only) {
            (None, Some(only)) => only,
            (name, _) => {
                let name = text_of(name.unwrap_or_default());
                let mut known = base.exercises.iter();
                let found = known.find(|id| id.as_str() == name);
                found.ok_or(Kind::NoExercise(name))?
            }
        };
        let student = match (place.student, request.student) {
            (Some(name), _) if name.starts_with(b".") => return Err(Kind::NoStudent),
            (Some(name), _) => text_of(name),
            (None, Some(name)) => name.to_owned(),
            (None, None) => exercise.to_string(),
        };
        let folders = self.touched.entry(exercise.clone()).or_default();
        folders.insert(place.folder.to_vec(), student);
        Ok(())
    }

    /// Take the touched submissions out of the head.
    pub(super) fn take(
        &self,
        git: &Git,
        head: &Commit,
        base: &Base,
        folder: &Path,
    ) -> Result<Taken, Fault> {
        let mut objects = Objects::open(git)?;
        let mut taken = Taken::default();
        for (exercise, folders) in &self.touched {
            let class = folder.join(exercise.as_str());
            let mut submissions = Vec::new();
            let mut ids = BTreeSet::new();
            for (place, student) in folders {
                let path = base.in_repository(place);
                let path = path.strip_suffix(b"/").unwrap_or(&path);
                let entries = git.tree(head, path)?;
                if entries.is_empty() {
                    let shown = if path.is_empty() { b"." } else { path };
                    taken.removed.push(text_of(shown));
                    continue;
                }
                let id = new_id(&mut ids, student, path);
                let mut room = Room::of(&base.course.intake);
                let mut to = class.join(id.as_str());
                if entries
                    .iter()
                    .any(|entry| entry.path == path && entry.kind == EntryKind::Link)
                {
                    // A link in place of a folder is a folder with nothing but a link.
                    to.push("link");
                }
                let not = write_tree(&mut objects, &entries, path, &to, &mut room)?;
                taken
                    .unwritable
                    .extend(not.iter().map(|path| text_of(path)));
                submissions.push(Submission {
                    id,
                    folder: text_of(path),
                });
            }
            if !submissions.is_empty() {
                taken.touched.push(Touched {
                    exercise: exercise.clone(),
                    class,
                    submissions,
                });
            }
        }
        Ok(taken)
    }
}

/// The id of a student that no other one has, in capitals or not, so that `intake` finds the folder under it.
fn new_id(ids: &mut BTreeSet<String>, student: &str, path: &[u8]) -> SubmissionId {
    let mut id = SubmissionId::from_folder_name(student);
    let mut level = 1;
    while !ids.insert(id.as_str().to_ascii_lowercase()) {
        id = SubmissionId::told_apart(student, path, level);
        level += 1;
    }
    id
}

/// The submission that a changed path is of. A plain file where the folder should be is none; a link is a submission,
/// which will be refused.
fn submission_of<'a>(base: &Base, path: &'a [u8], changed: &Changed) -> Option<Place<'a>> {
    let place = base.submissions.place_of(path)?;
    let is_folder = !place.inside.is_empty();
    let is_plain_file = changed.kind.or(changed.before) == Some(EntryKind::File);
    if !is_folder && is_plain_file || base.is_exercise_file(path) {
        return None;
    }
    // With a pattern such as `.`, the course itself would be a submission.
    let is_of_course = base.has(path) && !base.has(&[place.folder, b"/x"].concat());
    (!is_of_course).then_some(place)
}

/// The exercise of submissions whose folders name none.
fn only_exercise(base: &Base, request: &Request<'_>) -> Result<Option<ExerciseId>, Fault> {
    let pattern = &base.submissions;
    if let (Some(_), false) = (request.student, !pattern.names_student()) {
        return Err(no_use("--student", "{student}", base));
    }
    if pattern.names_exercise() {
        return match request.exercise {
            Some(_) => Err(no_use("--exercise", "{exercise}", base)),
            None => Ok(None),
        };
    }
    match (request.exercise, &base.exercises[..]) {
        (Some(name), _) => Ok(Some(base.course.exercise(name)?.id)),
        (None, [only]) => Ok(Some(only.clone())),
        (None, several) => {
            let names: Vec<_> = several.iter().map(ToString::to_string).collect();
            let message = format!("failed to tell for which exercise `{pattern}` is");
            Err(Fault::usage(message).hint(format!(
                "name it with `--exercise ID`: one of {}",
                names.join(", ")
            )))
        }
    }
}

fn no_use(option: &str, part: &str, base: &Base) -> Fault {
    let message = format!("failed to use `{option}`: the submissions' folders say it themselves");
    Fault::usage(message)
        .because(format!(
            "submissions are in `{}`, which has `{part}`",
            base.submissions
        ))
        .hint(format!("leave out `{option}`"))
}
