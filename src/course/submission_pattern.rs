//! Where the submissions are in a repository, as `students/{student}/{exercise}` says it.
//!
//! Hides how a path is compared with such a pattern. Never touches the disk.

use std::{fmt, path::Path, str::FromStr};

const STUDENT: &str = "{student}";
const EXERCISE: &str = "{exercise}";

/// Where the submissions are: names of folders, one below the other. One may stand for any student, and one for
/// any exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionPattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Name(String),
    Student,
    Exercise,
}

/// The submission that a path is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The submission's folder; empty where it is the root.
    pub folder: &'a [u8],
    /// The student, if the pattern names one.
    pub student: Option<&'a [u8]>,
    /// The exercise, if the pattern names one.
    pub exercise: Option<&'a [u8]>,
    /// The path inside the folder; empty if the path is that of the folder.
    pub inside: &'a [u8],
}

impl SubmissionPattern {
    /// The exercises' own folders, which students edit in a copy of the course.
    #[must_use]
    pub fn own_folders(exercises: &Path) -> Self {
        let names = exercises.iter().map(|name| name.to_string_lossy());
        let mut parts: Vec<Part> = names.map(|name| Part::Name(name.into_owned())).collect();
        parts.push(Part::Exercise);
        Self { parts }
    }

    /// Whether it says whose a submission is.
    #[must_use]
    pub fn names_student(&self) -> bool {
        self.parts.contains(&Part::Student)
    }

    /// Whether it says for which exercise a submission is.
    #[must_use]
    pub fn names_exercise(&self) -> bool {
        self.parts.contains(&Part::Exercise)
    }

    /// The submission that `path` is of, with `/` between names; nothing if it is of none.
    #[must_use]
    pub fn place_of<'a>(&self, path: &'a [u8]) -> Option<Place<'a>> {
        let mut place = Place {
            folder: b"",
            student: None,
            exercise: None,
            inside: path,
        };
        for part in &self.parts {
            let (name, rest) = split(place.inside);
            match part {
                Part::Name(own) if own.as_bytes() == name => {}
                Part::Student if !name.is_empty() => place.student = Some(name),
                Part::Exercise if !name.is_empty() => place.exercise = Some(name),
                _ => return None,
            }
            place.inside = rest;
        }
        let end = path.len() - place.inside.len();
        let folder = &path[..end];
        place.folder = folder.strip_suffix(b"/").unwrap_or(folder);
        Some(place)
    }
}

/// The first name of a path, and what is behind it.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().position(|&byte| byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (path, b""),
    }
}

impl FromStr for SubmissionPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "." {
            return Ok(Self { parts: Vec::new() });
        }
        let mut parts = Vec::new();
        for name in text.strip_suffix('/').unwrap_or(text).split('/') {
            let part = match name {
                STUDENT => Part::Student,
                EXERCISE => Part::Exercise,
                "" | "." | ".." => {
                    return Err(
                        "is no path from the root down, such as `students/{student}/{exercise}`"
                            .to_owned(),
                    );
                }
                _ if name.contains(['{', '}']) => {
                    return Err(format!(
                        "has the part `{name}`; a part is a name, `{STUDENT}` or `{EXERCISE}`"
                    ));
                }
                _ => Part::Name(name.to_owned()),
            };
            if !matches!(part, Part::Name(_)) && parts.contains(&part) {
                return Err(format!("has `{name}` twice"));
            }
            parts.push(part);
        }
        Ok(Self { parts })
    }
}

impl fmt::Display for SubmissionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.parts.iter().map(|part| match part {
            Part::Name(name) => name.as_str(),
            Part::Student => STUDENT,
            Part::Exercise => EXERCISE,
        });
        let names: Vec<_> = names.collect();
        f.write_str(if names.is_empty() { "." } else { "" })?;
        f.write_str(&names.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(pattern: &str, path: &'static str) -> Option<(String, String, String, String)> {
        let pattern: SubmissionPattern = pattern.parse().unwrap();
        let place = pattern.place_of(path.as_bytes())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((
            text(place.folder),
            place.student.map(text).unwrap_or_default(),
            place.exercise.map(text).unwrap_or_default(),
            text(place.inside),
        ))
    }

    fn found(folder: &str, student: &str, exercise: &str, inside: &str) -> [String; 4] {
        [folder, student, exercise, inside].map(str::to_owned)
    }

    #[test]
    fn a_path_is_of_the_submission_whose_folder_it_is_in() {
        let classes = "students/{student}/{exercise}";
        for (pattern, path, expected) in [
            (
                classes,
                "students/ada/sum/src/main.rs",
                found("students/ada/sum", "ada", "sum", "src/main.rs"),
            ),
            (
                classes,
                "students/ada/sum",
                found("students/ada/sum", "ada", "sum", ""),
            ),
            (
                "exercises/{exercise}/",
                "exercises/sum/Cargo.toml",
                found("exercises/sum", "", "sum", "Cargo.toml"),
            ),
            (".", "src/main.rs", found("", "", "", "src/main.rs")),
        ] {
            let [folder, student, exercise, inside] = expected;
            let expected = (folder, student, exercise, inside);
            assert_eq!(place(pattern, path), Some(expected), "{pattern} {path}");
        }
        for path in [
            "students/ada",
            "students",
            "other/ada/sum/x",
            "students//sum/x",
        ] {
            assert_eq!(place(classes, path), None, "{path}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_and_what_is_one_is_shown_as_it_was_written() {
        for wrong in [
            "",
            "/students",
            "../x",
            "a//b",
            "{name}",
            "x-{student}",
            "{student}/{student}",
        ] {
            assert!(wrong.parse::<SubmissionPattern>().is_err(), "{wrong:?}");
        }
        for right in [".", "{exercise}", "students/{student}/{exercise}/work"] {
            let pattern: SubmissionPattern = right.parse().unwrap();
            assert_eq!(pattern.to_string(), right);
        }
        let own = SubmissionPattern::own_folders(Path::new("course/exercises"));
        assert_eq!(own.to_string(), "course/exercises/{exercise}");
    }
}
