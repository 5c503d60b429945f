//! `grade list`: the exercises of the course, and how far the person's work on each is.
//!
//! What it tells comes from the cache and is for that person alone. Never grades anything.

use std::{fmt::Write as _, fs, path::Path, time::SystemTime};

use serde::Serialize;

use super::{
    app::App,
    exit_code::ExitCode,
    output::{since_1970, width},
    task::List,
};
use crate::{
    course::Exercise,
    fault::Fault,
    grading::{Tries, Try},
};
use ids::words::count;
use judge::record::{Score, Verdict};
use report::{
    Format, escape_line, fitted,
    style::{BAD, BOLD, GOOD},
};

/// The form of the JSON.
const SCHEMA: &str = "grade-list/1";

#[derive(Serialize)]
struct Listed {
    schema: &'static str,
    exercises: Vec<ListedExercise>,
}

#[derive(Serialize)]
struct ListedExercise {
    id: String,
    title: String,
    points: u32,
    work: Vec<Work>,
}

/// One folder with work on an exercise.
#[derive(Serialize)]
struct Work {
    path: String,
    state: State,
    last: Option<Try>,
    best: Option<Score>,
    /// When it was graded last.
    graded: Option<String>,
    /// Whether a file was saved after that.
    saved_since: bool,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// Never graded.
    NotGradedYet,
    /// It has nothing but what the starter has.
    StarterUnchanged,
    /// Graded, and it passed.
    Pass,
    /// Graded, and it did not pass.
    Fail,
}

impl App {
    pub(super) fn exercises(&self, task: &List) -> Result<ExitCode, Fault> {
        let course = &task.settings.course;
        let mut listed = Listed {
            schema: SCHEMA,
            exercises: Vec::new(),
        };
        for id in course.exercise_ids()? {
            let exercise = course.exercise(id.as_str())?;
            let cache = &task.settings.cache_dir;
            let mut all = Tries::all(cache, &exercise);
            let own = Tries::none(&exercise, &exercise.starter);
            let is_own = |tries: &Tries| tries.folder == own.folder;
            let own = match all.iter().position(|(tries, _)| is_own(tries)) {
                Some(at) => all.remove(at),
                None => (own, SystemTime::UNIX_EPOCH),
            };
            let folders = [own].into_iter().chain(all);
            listed.exercises.push(ListedExercise {
                id: id.to_string(),
                title: exercise.title.clone(),
                points: exercise.points(),
                work: folders
                    .map(|(tries, noted)| work(&exercise, &tries, noted, &task.here))
                    .collect(),
            });
        }
        let text = if task.format == Format::Json {
            let text = serde_json::to_string_pretty(&listed);
            text.map_err(|error| Fault::internal("write the list", error))? + "\n"
        } else {
            human(&listed, width())
        };
        self.output.report(&text)?;
        Ok(ExitCode::Passed)
    }
}

fn work(exercise: &Exercise, tries: &Tries, noted: SystemTime, here: &Path) -> Work {
    let folder = &tries.folder;
    let is_other = *folder != exercise.starter;
    let state = match tries.last {
        _ if is_other && is_unchanged(&exercise.starter, folder) => State::StarterUnchanged,
        None => State::NotGradedYet,
        Some(Try {
            verdict: Verdict::Pass,
            ..
        }) => State::Pass,
        Some(_) => State::Fail,
    };
    let graded = tries.last.map(|_| noted);
    let shown = folder.strip_prefix(here).unwrap_or(folder);
    Work {
        path: if shown.as_os_str().is_empty() {
            ".".to_owned()
        } else {
            shown.display().to_string()
        },
        state,
        last: tries.last,
        best: tries.best,
        graded: graded.map(|time| humantime::format_rfc3339_seconds(time).to_string()),
        saved_since: graded
            .is_some_and(|graded| newest(folder).is_some_and(|saved| saved > graded)),
    }
}

/// The plain files of a folder that are work, and not made by tools.
fn files(folder: &Path) -> impl Iterator<Item = walkdir::DirEntry> {
    let walk = walkdir::WalkDir::new(folder).min_depth(1).into_iter();
    walk.filter_entry(|entry| !intake::is_dropped(entry.file_name().as_encoded_bytes()))
        .flatten()
        .filter(|entry| entry.file_type().is_file())
}

/// Whether the sources in a folder are those of the starter.
fn is_unchanged(starter: &Path, folder: &Path) -> bool {
    let (from, to) = (starter.join("src"), folder.join("src"));
    let is_same = |entry: walkdir::DirEntry| {
        let below = entry.path().strip_prefix(&from).unwrap_or(entry.path());
        let copy = fs::read(to.join(below));
        copy.is_ok_and(|copy| fs::read(entry.path()).is_ok_and(|bytes| bytes == copy))
    };
    files(&from).all(is_same) && files(&to).count() == files(&from).count()
}

/// When a file of a folder was saved last.
fn newest(folder: &Path) -> Option<SystemTime> {
    files(folder)
        .filter_map(|entry| entry.metadata().ok()?.modified().ok())
        .max()
}

fn human(listed: &Listed, width: usize) -> String {
    let mut text = String::new();
    for ListedExercise {
        id,
        title,
        points,
        work,
    } in &listed.exercises
    {
        let title = escape_line(title);
        let points = count(*points as usize, "point");
        // Writing to a string cannot fail.
        text += &fitted(&format!("{BOLD}{id}{BOLD:#}: {title} ({points})"), width);
        for one in work {
            // Not wrapped: a path is there to be copied.
            let _ = writeln!(text, "  {}", escape_line(&one.path));
            text += &fitted(&format!("    {}", state(one)), width);
        }
    }
    text
}

/// How far the work in a folder is, in words.
fn state(work: &Work) -> String {
    let graded = || match (&work.last, &work.graded) {
        (Some(Try { score, .. }), Some(graded)) => {
            let best = work.best.filter(|best| best.earned > score.earned);
            let best = best.map(|best| format!(", at best {} so far", best.earned));
            let saved = if work.saved_since {
                "; saved again since then"
            } else {
                ""
            };
            format!(
                "{} of {} points{}; graded {}{saved}",
                score.earned,
                score.possible,
                best.unwrap_or_default(),
                report::age(graded, since_1970())
            )
        }
        _ => "not graded yet".to_owned(),
    };
    match work.state {
        State::NotGradedYet => "not graded yet".to_owned(),
        State::StarterUnchanged => format!("the starter, unchanged: {}", graded()),
        State::Pass => format!("{GOOD}PASS{GOOD:#}  {}", graded()),
        State::Fail => format!("{BAD}FAIL{BAD:#}  {}", graded()),
    }
}
