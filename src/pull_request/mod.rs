//! What a pull request changes: which submissions, and what besides.
//!
//! # Theory of operation
//!
//! A pull request is written by a student, and everything in it may be hostile: also what configures git, and what a
//! working tree holds. So no file of the working tree is read. The course (`grader.toml`, exercises, references) is
//! taken from the commit of the base, the submissions from the commit of the head, both out of git's store of objects.
//! Only commands of git that read objects are started, without hooks, filters, attributes and configuration of the
//! repository's tree, and without network.
//!
//! What the head changed since it left the base is compared with the course's pattern for submissions. A path of a
//! submission makes that submission a touched one. Every other path is *outside*: it is reported, and it has no effect
//! on the grading.
//!
//! Hides git. Never grades, and never runs anything of the repository.

mod base;
mod checkout;
mod git;
mod objects;
mod outside;
mod touched;

use std::path::{Path, PathBuf};

pub use outside::{Kind, Outside};
pub use touched::{Submission, Touched};

use self::{base::Base, git::Git, touched::Sorted};
use crate::{course::SubmissionPattern, fault::Fault};
use fs_scratch::Scratch;

/// The folder of the working tree that a folder is in.
///
/// # Errors
/// It is in no repository, or git does not start.
pub fn root(folder: &Path) -> Result<PathBuf, Fault> {
    Ok(Git::open(folder)?.root)
}

/// Which pull request, and how its repository is laid out.
#[derive(Debug)]
pub struct Request<'a> {
    /// A folder of the repository.
    pub repository: &'a Path,
    /// The commit that the pull request is to be merged into.
    pub base: &'a str,
    /// The commit of the pull request.
    pub head: &'a str,
    /// The folder of the course, if the user names one: at the base where it is in the repository, otherwise as it is.
    pub course: Option<&'a Path>,
    /// Where submissions are, if it is not as the course says.
    pub submissions: Option<&'a SubmissionPattern>,
    /// The exercise, where no folder names it.
    pub exercise: Option<&'a str>,
    /// The student, where no folder names one.
    pub student: Option<&'a str>,
    /// Where temporary folders go, if the user named a folder.
    pub temp_dir: Option<&'a Path>,
}

/// What a pull request changes.
#[derive(Debug)]
pub struct Change {
    /// The folder of the course.
    pub course: PathBuf,
    /// The short names of the commits of base and head.
    pub commits: [String; 2],
    /// The exercises with submissions that were touched, in order.
    pub touched: Vec<Touched>,
    /// The folders of submissions that are in the base and not in the head. Not safe to print.
    pub removed: Vec<String>,
    /// What was changed outside of submissions.
    pub outside: Vec<Outside>,
    /// What is in a submission and cannot be on a disk. Not safe to print.
    pub unwritable: Vec<String>,
    /// Holds course and submissions.
    _scratch: Scratch,
}

impl Change {
    /// Read what a pull request changes, and take course and submissions out of the repository.
    ///
    /// # Errors
    /// There is no such repository or commit, the history is incomplete, the base has no course, or the disk fails.
    pub fn read(request: &Request<'_>) -> Result<Self, Fault> {
        let git = Git::open(request.repository)?;
        let base = git.commit(request.base, "--base")?;
        let head = git.commit(request.head, "--head")?;
        let since = git.merge_base(&base, &head)?;
        let mut builder = Scratch::builder("grade-ci");
        if let Some(folder) = request.temp_dir {
            builder = builder.base(folder);
        }
        let scratch = builder.create()?;
        let course = Base::take(&git, &base, request, scratch.path())?;
        let changed = git.changed(&since, &head)?;
        let sorted = Sorted::new(&changed, &course, request)?;
        let folder = scratch.path().join("submissions");
        let taken = sorted.take(&git, &head, &course, &folder)?;
        Ok(Self {
            course: course.folder,
            commits: [base, head].map(|commit| commit.short().to_owned()),
            touched: taken.touched,
            removed: taken.removed,
            outside: sorted.outside,
            unwritable: taken.unwritable,
            _scratch: scratch,
        })
    }

    /// How many submissions were touched.
    #[must_use]
    pub fn submissions(&self) -> usize {
        let touched = self.touched.iter();
        touched.map(|touched| touched.submissions.len()).sum()
    }
}
