//! A course of two small exercises, which needs no crate of others: `largest` asks for the largest number in ten files,
//! `smallest` for the smallest.
//!
//! Its gradings take a second. Never used where reads are counted.

use std::{fs, path::PathBuf};

use assert_cmd::Command;

use super::workspace::Workspace;

/// The exercises, in their order.
pub(crate) const EXERCISES: [&str; 2] = ["largest", "smallest"];

/// What a program prints.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Prints {
    Largest,
    Smallest,
    Nothing,
}

impl Prints {
    /// What the exercise of this name asks for.
    pub(crate) fn right(exercise: &str) -> Self {
        match exercise {
            "largest" => Self::Largest,
            _ => Self::Smallest,
        }
    }
}

/// A manifest.
pub(crate) fn manifest(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
}

/// A program that reads all files of its folder, and prints one of their numbers.
pub(crate) fn main(prints: Prints) -> String {
    let picked = match prints {
        Prints::Largest => "numbers.max().unwrap()",
        Prints::Smallest => "numbers.min().unwrap()",
        Prints::Nothing => "{ numbers.count(); \"nothing\" }",
    };
    format!(
        "//! Prints one of the numbers in all files.\n\n\
         use std::fs;\n\n\
         fn main() {{\n    \
             let files = fs::read_dir(\".\").unwrap().map(|entry| entry.unwrap().path());\n    \
             let text: String = files.map(|file| fs::read_to_string(file).unwrap()).collect();\n    \
             let numbers = text.lines().map(|line| line.parse::<i64>().unwrap());\n    \
             println!(\"{{}}\", {picked});\n\
         }}\n"
    )
}

/// The course.
pub(crate) struct SmallCourse {
    pub(crate) root: PathBuf,
}

impl SmallCourse {
    pub(crate) fn make(root: PathBuf) -> Self {
        let course = Self { root };
        course.write("grader.toml", "format-version = 1\n");
        for id in EXERCISES {
            let exercise = format!(
                "format-version = 1\ntitle = \"The {id}\"\nsummary = \"Print the {id} number in all files.\"\npoints = 10\n\n\
                 [recipe.numbers]\nfiles = 10\nlines = 5\nlow = -1000000\nhigh = 1000000\nname-length = 8\npattern = \"{{}}.txt\"\n\n\
                 [seeds]\nfixed = [\"0\"]\nfresh = 1\n\n\
                 [[checks]]\nid = \"build\"\npoints = 1\n\n[[checks]]\nid = \"run\"\npoints = 2\n\n\
                 [[checks]]\nid = \"total\"\npoints = 7\nhint = \"print the {id} number alone\"\n"
            );
            course.write(&format!("exercises/{id}/exercise.toml"), &exercise);
            course.write(&format!("exercises/{id}/Cargo.toml"), &manifest(id));
            course.write(
                &format!("exercises/{id}/src/main.rs"),
                &main(Prints::Nothing),
            );
            course.write(
                &format!("exercises/{id}/README.md"),
                &format!("# The {id}\n"),
            );
            course.write(&format!("reference/{id}/Cargo.toml"), &manifest(id));
            course.write(
                &format!("reference/{id}/src/main.rs"),
                &main(Prints::right(id)),
            );
        }
        course
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The program, for this course.
    pub(crate) fn grade(&self, workspace: &Workspace) -> Command {
        let mut command = workspace.grade();
        command.arg("--course").arg(&self.root);
        command
    }
}

/// Write a crate of this name into a folder.
pub(crate) fn write_crate(folder: &std::path::Path, name: &str, prints: Prints) {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest(name)).unwrap();
    fs::write(folder.join("src/main.rs"), main(prints)).unwrap();
}
