//! The course by which a pull request is graded: the one of the base, whatever the pull request makes of it.
//!
//! Hides where the course is: in the repository, below its root or not, or in a folder of its own. Never takes a file
//! of the course from the pull request.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Component, Path, PathBuf},
};

use super::{
    Request,
    checkout::{Room, write_tree},
    git::{Commit, Git},
    objects::Objects,
};
use crate::{
    course::{Course, SubmissionPattern},
    fault::Fault,
};
use ids::ExerciseId;

const LOCK: &str = "grader.lock";

/// The course of the base.
#[derive(Debug)]
pub(super) struct Base {
    /// The folder that the course is in now.
    pub(super) folder: PathBuf,
    /// Where the course is in the repository; empty for the root. Nothing if it is elsewhere.
    pub(super) root: Option<Vec<u8>>,
    /// Its settings.
    pub(super) course: Course,
    /// Its exercises.
    pub(super) exercises: Vec<ExerciseId>,
    /// Where submissions are, below `root`, or below the repository's root if the course is elsewhere.
    pub(super) submissions: SubmissionPattern,
}

impl Base {
    /// Find the course, and take it out of the repository if it is in there.
    pub(super) fn take(
        git: &Git,
        commit: &Commit,
        request: &Request<'_>,
        scratch: &Path,
    ) -> Result<Self, Fault> {
        let copy = || scratch.join("course");
        let (folder, root) = if let Some(named) = request.course {
            let named = request.repository.join(named);
            match git.inside(&named)? {
                Some(root) => (copy(), Some(root)),
                None => (named, None),
            }
        } else {
            let here = git.inside(request.repository)?.unwrap_or_default();
            (copy(), Some(find_course(git, commit, &here)?))
        };
        let Some(root) = root else {
            let course = Course::load(&folder)?;
            return Self::of(folder, None, course, request);
        };
        let taken = Self::take_out(git, commit, request, &folder, root);
        taken.map_err(|fault| named_as_in_git(fault, &folder, commit))
    }

    /// Take the course in the folder `root` of a commit.
    fn take_out(
        git: &Git,
        commit: &Commit,
        request: &Request<'_>,
        folder: &Path,
        root: Vec<u8>,
    ) -> Result<Self, Fault> {
        let mut objects = Objects::open(git)?;
        let mut take = |name: &Path| {
            let path = below(&root, name.as_os_str().as_bytes());
            let entries = git.tree(commit, &path)?;
            write_tree(
                &mut objects,
                &entries,
                &path,
                &folder.join(name),
                &mut Room::endless(),
            )
            .map(drop)
        };
        take(Path::new(Course::FILE))?;
        take(Path::new(LOCK))?;
        let course = Course::load(folder)?;
        for part in [&course.exercises, &course.references] {
            take(inside(part, folder)?)?;
        }
        Self::of(folder.to_path_buf(), Some(root), course, request)
    }

    fn of(
        folder: PathBuf,
        root: Option<Vec<u8>>,
        course: Course,
        request: &Request<'_>,
    ) -> Result<Self, Fault> {
        let submissions = match request.submissions.or(course.submissions.as_ref()) {
            Some(pattern) => pattern.clone(),
            None => SubmissionPattern::own_folders(inside(&course.exercises, &folder)?),
        };
        Ok(Self {
            exercises: course.exercise_ids()?,
            submissions,
            folder,
            root,
            course,
        })
    }

    /// The path of something that the course's repository has below the course.
    pub(super) fn in_repository(&self, path: &[u8]) -> Vec<u8> {
        below(self.root.as_deref().unwrap_or_default(), path)
    }

    /// A path of the repository as seen from where submissions are looked for.
    pub(super) fn seen<'a>(&self, path: &'a [u8]) -> Option<&'a [u8]> {
        match self.root.as_deref() {
            None | Some([]) => Some(path),
            Some(root) => path.strip_prefix(root)?.strip_prefix(b"/"),
        }
    }

    /// Whether a path, as [`Self::seen`] gives it, is of the course: what is asked, what it is worth, the references.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        if self.root.is_none() {
            return false;
        }
        let path = Path::new(OsStr::from_bytes(path));
        let is_below = |folder: &Path| {
            let folder = folder.strip_prefix(&self.folder);
            folder.is_ok_and(|folder| path.starts_with(folder))
        };
        path == Path::new(Course::FILE)
            || path == Path::new(LOCK)
            || is_below(&self.course.references)
            || is_below(&self.course.exercises)
    }

    /// Whether a path, as [`Self::seen`] gives it, says what an exercise asks and what it is worth.
    pub(super) fn is_exercise_file(&self, path: &[u8]) -> bool {
        let path = Path::new(OsStr::from_bytes(path));
        path.file_name() == Some(OsStr::new("exercise.toml"))
            && self.has(path.as_os_str().as_bytes())
            && path.parent().and_then(Path::parent)
                == self.course.exercises.strip_prefix(&self.folder).ok()
    }
}

/// The folder of the course that a commit has at `here` or above.
fn find_course(git: &Git, commit: &Commit, here: &[u8]) -> Result<Vec<u8>, Fault> {
    for folder in Path::new(OsStr::from_bytes(here)).ancestors() {
        let folder = folder.as_os_str().as_bytes();
        let file = below(folder, Course::FILE.as_bytes());
        if !git.tree(commit, &file)?.is_empty() {
            return Ok(folder.to_vec());
        }
    }
    let message = format!("found no `{}` in commit `{}`", Course::FILE, commit.short());
    Err(Fault::usage(message).hint(
        "name the course's folder with `--course DIR`; a course of another repository is checked out beside this one",
    ))
}

/// A path below a folder of the repository.
fn below(root: &[u8], path: &[u8]) -> Vec<u8> {
    match root {
        [] => path.to_vec(),
        root => [root, b"/", path].concat(),
    }
}

/// A folder of the course, seen from the course's.
fn inside<'a>(part: &'a Path, folder: &Path) -> Result<&'a Path, Fault> {
    let relative = part.strip_prefix(folder).ok();
    let plain = relative.filter(|path| {
        let mut names = path.components();
        names.all(|name| matches!(name, Component::Normal(_)))
    });
    plain.ok_or_else(|| {
        let message = format!(
            "failed to take `{}` from the base: it is not in the course's folder",
            part.display()
        );
        Fault::usage(message)
            .hint("let `exercises` and `references` in grader.toml name folders beside it")
    })
}

/// The same fault, where the path of a copy is the path in the commit.
fn named_as_in_git(mut fault: Fault, folder: &Path, commit: &Commit) -> Fault {
    let copy = format!("{}/", folder.display());
    let own = format!("{}:", commit.short());
    fault.message = fault.message.replace(&copy, &own);
    fault.cause = fault.cause.map(|cause| cause.replace(&copy, &own));
    fault
}
