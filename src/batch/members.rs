//! Who is in a class, and who of it handed in something for an exercise.
//!
//! Where each submission may have crates for several exercises, a student may have none for this one. Such a student is
//! no submission of the exercise: there is no record, and no points, also not zero. Hides how a submission is looked
//! into. Never grades.

use std::{env, path::Path};

use super::output_dir;
use crate::{config::Settings, course::Exercise, fault::Fault};
use ids::{ExerciseId, SubmissionId};
use intake::Source;

/// One who handed in, and what.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) id: SubmissionId,
    pub(super) source: Source,
}

/// The end of an output folder's name, after the name of the class's folder.
pub(super) const OUT_SUFFIX: &str = "-grades";

/// A class, as one exercise sees it.
#[derive(Debug)]
pub struct Members {
    /// Those who handed in something for the exercise.
    pub(super) class: intake::Class,
    /// Those who handed in nothing for it, in byte order.
    pub(super) without: Vec<SubmissionId>,
}

impl Members {
    /// Find the class in `dir`, whose names are read as `names` says. Each submission may have crates for the exercises
    /// `among`; if there are none, each is for this exercise.
    ///
    /// # Errors
    /// There is no class in the folder.
    pub fn find(
        exercise: &Exercise,
        settings: &Settings,
        dir: &Path,
        names: Option<&intake::NamePattern>,
        among: &[ExerciseId],
    ) -> Result<Self, Fault> {
        if output_dir::is_of_batch(dir) || output_dir::is_of_shards(dir) {
            return Err(no_class_but_grades(dir));
        }
        let wanted = exercise.wanted_among(among);
        let limits = &settings.course.intake;
        let mut class = intake::find(dir, wanted, limits, names)
            .map_err(|error| misnamed(error, exercise, !among.is_empty()))?;
        if class.submissions.is_empty() {
            let message = format!("found no submission in `{}`", dir.display());
            return Err(Fault::usage(message)
                .hint("name the folder that holds a folder or an archive of each student"));
        }
        let mut without = Vec::new();
        if !among.is_empty() {
            let scratch = tempfile::tempdir()
                .map_err(|error| Fault::temporary("make a folder in", &env::temp_dir(), &error))?;
            class.submissions.retain(|found| {
                let has = intake::has_crate(&found.source, wanted, limits, scratch.path());
                if !has {
                    without.push(found.id.clone());
                }
                has
            });
            without.sort();
        }
        Ok(Self { class, without })
    }

    /// What is graded of each who handed in something for the exercise.
    pub(super) fn each(&self) -> impl Iterator<Item = Member> {
        let submissions = self.class.submissions.iter();
        submissions.map(|found| Member {
            id: found.id.clone(),
            source: found.source.clone(),
        })
    }

    /// Those who handed in something for the exercise.
    pub fn handed_in(&self) -> impl Iterator<Item = &SubmissionId> {
        self.class.submissions.iter().map(|found| &found.id)
    }

    /// Those who handed in nothing for it.
    #[must_use]
    pub fn without(&self) -> &[SubmissionId] {
        &self.without
    }
}

/// The pattern for names that takes each entry for one student's.
const ALL_NAMES: &str = "(?<student>.+)";

/// The pattern that takes each entry of a class for one student's, whatever its name looks like.
///
/// # Errors
/// This program has a mistake.
pub fn every_entry() -> Result<intake::NamePattern, Fault> {
    intake::NamePattern::new(ALL_NAMES)
        .map_err(|error| Fault::internal("read a pattern of this program", error))
}

/// The fault of a class that was not found, with the command to type if another folder was meant.
fn misnamed(error: intake::Error, exercise: &Exercise, is_for_several: bool) -> Fault {
    use intake::Misnamed as M;
    let intake::Error::NotTheClass {
        path,
        meant,
        source,
    } = &error
    else {
        return error.into();
    };
    let command = |folder: &Path| {
        let folder = folder.to_string_lossy();
        let folder = shlex::try_quote(&folder).unwrap_or_default();
        if is_for_several {
            format!("grade batch --all {folder}")
        } else {
            format!("grade batch {} {folder}", exercise.id)
        }
    };
    let meant = command(meant);
    let as_it_is = format!("{} --names '{ALL_NAMES}'", command(path));
    let hint = match source {
        M::Wrapper { .. } => format!(
            "if that folder is the class, type `{meant}`; if it is the work of one student, type `{as_it_is}`"
        ),
        M::Packed { .. } => format!(
            "if that archive is the class, unpack it into a folder, and name that folder; if it is the work of one student, type `{as_it_is}`"
        ),
        M::Classes { .. } => format!(
            "grade one class at a time, such as with `{meant}`; if each folder is the work of one student, type `{as_it_is}`"
        ),
        _ => format!(
            "if the class is the folder above, type `{meant}`; if each folder or archive in this one is the work of one student, type `{as_it_is}`"
        ),
    };
    Fault::from(error).hint(hint)
}

/// The fault where the user named an output folder in place of a class. An output folder does not name its
/// class, but by default it lies beside it.
fn no_class_but_grades(dir: &Path) -> Fault {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let class = name.strip_suffix(OUT_SUFFIX);
    let class = class.map(|name| dir.with_file_name(name));
    let class = class.filter(|class| class.is_dir());
    let hint = match class {
        Some(class) => format!("did you mean the class, `{}`?", class.display()),
        None => "name the folder that holds a folder or an archive of each student".to_owned(),
    };
    Fault::usage(format!("failed to find submissions in `{}`", dir.display()))
        .because("it has the grades of a class, and no submissions")
        .hint(hint)
}
