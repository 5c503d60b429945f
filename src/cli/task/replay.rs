//! Commands that a person can type for a submission, from the folder in which the program was started.

use std::path::{Component, Path, PathBuf};

use crate::{cli::output::quoted, grading::RunPlan};

/// The command that does the same again, from the same folder.
#[derive(Debug)]
pub(in crate::cli) struct Replay {
    pub(super) exercise: String,
    pub(super) path: Option<PathBuf>,
    pub(super) course: Option<PathBuf>,
}

impl Replay {
    /// The command for these data.
    pub(in crate::cli) fn command(&self, plan: &RunPlan) -> String {
        let seeds = plan.seeds.iter().map(|seed| format!("--seed {seed}"));
        let observe = format!("--observe {}", plan.observe);
        self.with("grade", seeds.chain([observe]))
    }

    /// The command that grades another folder.
    pub(in crate::cli) fn of(&self, folder: &Path) -> String {
        let other = Self {
            exercise: self.exercise.clone(),
            path: Some(folder.to_path_buf()),
            course: self.course.clone(),
        };
        other.named("grade")
    }

    /// Another command for the same submission.
    pub(in crate::cli) fn named(&self, command: &str) -> String {
        self.with(command, std::iter::empty())
    }

    fn with(&self, command: &str, flags: impl Iterator<Item = String>) -> String {
        let mut arguments = vec![format!("{command} {}", self.exercise)];
        if let Some(path) = &self.path {
            // A path like a flag or a command must not be taken for one.
            let mut parts = path.components();
            let bare = matches!(
                (parts.next(), parts.next()),
                (Some(Component::Normal(_)), None)
            );
            arguments.push(if bare {
                quoted(&Path::new(".").join(path))
            } else {
                quoted(path)
            });
        }
        arguments.extend(flags);
        let course = self.course.as_deref();
        arguments.extend(course.map(|course| format!("--course {}", quoted(course))));
        arguments.join(" ")
    }
}
