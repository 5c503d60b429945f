//! `grade new-exercise ID`: a sound exercise to begin with, as folders and text files of the course.
//!
//! What is written is complete: what students get, the model solution, `exercise.toml` with comments, and for data of a
//! program its crate. Never replaces a file, and leaves nothing of an exercise that could not be written as a whole.

mod workspace;

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use self::workspace::{Lists, Standing};
use super::{
    args::Kind,
    exit_code::ExitCode,
    output::{Output, quoted},
    task::NewExercise,
};
use crate::{
    course::Course,
    fault::{Fault, FaultKind},
};

/// Where editors find the schema of `exercise.toml`, from the course's folder.
const SCHEMA: &str = "schema/exercise-1.schema.json";
const SCHEMA_TEXT: &str = include_str!("../../../schema/exercise-1.schema.json");
const MANIFEST: &str = include_str!("templates/Cargo.toml.txt");
const README: &str = include_str!("templates/README.md.txt");
const WORKSPACE: &str = "Cargo.toml";

/// The texts of one kind.
struct Template {
    exercise: &'static str,
    starter: &'static str,
    reference: &'static str,
    /// The program that writes the data.
    generator: Option<&'static str>,
    /// What is asked, for the README.
    asked: &'static str,
    /// The crates that starter and reference use.
    dependencies: &'static str,
}

macro_rules! template {
    ($kind:literal, $asked:literal) => {
        Template {
            exercise: include_str!(concat!("templates/", $kind, ".toml.txt")),
            starter: include_str!(concat!("templates/", $kind, ".starter.txt")),
            reference: include_str!(concat!("templates/", $kind, ".reference.txt")),
            generator: None,
            asked: $asked,
            dependencies: "",
        }
    };
}

/// The texts of a kind.
fn template(kind: Kind) -> Template {
    match kind {
        Kind::Numbers => template!(
            "numbers",
            "A folder holds 40 files, each with one whole number on each of its five lines. Write a program that adds up all\n\
             numbers of all files, and prints the sum on its last line. Several files are to be read at the same time."
        ),
        Kind::Files => template!(
            "files",
            "A folder holds 12 slow files. Each line has a word and a number. Write a program that prints for each file its name\n\
             and the sum of its numbers, such as `part-00.txt: 99`, in the order of the names. All files are to be waited for at\n\
             the same time."
        ),
        Kind::Program => Template {
            generator: Some(include_str!("templates/program.generator.txt")),
            ..template!(
                "program",
                "A folder holds three folders with four slow files each. Write a program that prints the number of words in all files\n\
                 on its last line. A word is what stands between spaces and ends of lines. Several files are to be read at the same\n\
                 time."
            )
        },
        Kind::Server => Template {
            dependencies: "ureq = { version = \"3\", default-features = false }\n",
            ..template!(
                "server",
                "The file `urls.txt` has one URL on each line. Write a program that fetches all of them, and prints for each the URL and\n\
                 the number of bytes of its page, such as `http://127.0.0.1:8000/page-00.txt: 99`, or `…: failed` if the server does\n\
                 not answer with the page. The order of the lines is free. All answers are to be waited for at the same time."
            )
        },
    }
}

pub(super) fn run(task: &NewExercise, output: &Output) -> Result<ExitCode, Fault> {
    let NewExercise { course, id, kind } = task;
    check_name(course, id)?;
    let template = template(*kind);
    if *kind == Kind::Server && !course.crates.contains_key("ureq") {
        return Err(
            Fault::usage("failed to make an exercise with a server")
                .because("the course does not allow the crate `ureq`, which fetches a page")
                .hint("add `ureq = { version = \"3\", default-features = false }` below `[crates]` in grader.toml, remove grader.lock, and grade once with the network"),
        );
    }
    let plan = Plan::new(course, id, &template)?;
    // No job of another user runs here that would have to read the files.
    fs_scratch::umask::restore();
    plan.write()?;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "the exercise {id} is in {}, and its model solution in {}",
        quoted(&plan.starter),
        quoted(&plan.reference)
    );
    if let Some(generator) = &plan.generator {
        let generator = quoted(generator);
        let _ = writeln!(text, "the program that writes its data is in {generator}");
    }
    if plan.workspace.is_some() {
        let _ = writeln!(
            text,
            "the cargo workspace knows them; type `cargo check -p {}` once, so that Cargo.lock does, too",
            plan.reference_name
        );
    }
    let _ = writeln!(
        text,
        "\nIt is sound as it is, as this proves:\n    grade check-exercises {id}\n\n\
         Change what is asked in README.md, exercise.toml, starter and model solution, and prove it again.\n\
         docs/exercises.md describes every key, and so does an editor that knows JSON Schemas for TOML."
    );
    output.report(&report::escape_block(&text))?;
    Ok(ExitCode::Passed)
}

/// Refuse a name that is taken, or that a crate cannot have.
fn check_name(course: &Course, id: &str) -> Result<(), Fault> {
    let failed = |cause: String| {
        Fault::usage(format!(
            "failed to make the exercise `{}`",
            id.escape_debug()
        ))
        .because(cause)
        .hint("choose a name such as `word-count`")
    };
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !id.starts_with(|c: char| c.is_ascii_alphabetic())
        || !id.chars().all(is_letter)
        || id.len() > 60
    {
        return Err(failed(
            "its name is that of a crate: it begins with a letter, and has at most 60 letters, digits, `-` and `_`"
                .to_owned(),
        ));
    }
    if crate::course::RESERVED_NAMES.contains(&id) {
        return Err(failed(format!("`{id}` is a subcommand of `grade`")));
    }
    if course
        .exercise_ids()?
        .iter()
        .any(|known| known.as_str() == id)
    {
        return Err(failed("there is an exercise of this name".to_owned()));
    }
    Ok(())
}

/// What will be written.
struct Plan {
    starter: PathBuf,
    reference: PathBuf,
    reference_name: String,
    generator: Option<PathBuf>,
    files: Vec<(PathBuf, String)>,
    /// The schema, where the course has none.
    schema: Option<PathBuf>,
    /// The manifest of the workspace, as it is and as it will be.
    workspace: Option<(PathBuf, String)>,
}

impl Plan {
    fn new(course: &Course, id: &str, template: &Template) -> Result<Self, Fault> {
        let starter = course.exercises.join(id);
        let reference = course.references.join(id);
        let generator = template
            .generator
            .map(|_| course.root.join("generators").join(id));
        let below = |folder: &Path| folder.strip_prefix(&course.root).ok().map(slashes);
        let manifest_path = course.root.join(WORKSPACE);
        let manifest = fs::read_to_string(&manifest_path).unwrap_or_default();
        let lists = Lists::of(&manifest);
        let standing = |folder: &Path| {
            let (lists, folder) = (lists.as_ref()?, below(folder)?);
            Some((lists.standing(&folder), folder))
        };
        let missing = |folder: &Path| match standing(folder) {
            Some((Standing::Unknown, folder)) => Some(folder),
            _ => None,
        };
        let is_member = matches!(standing(&starter), Some((Standing::Member, _)));
        // A workspace has one package of a name.
        let reference_name = if is_member {
            format!("{id}-reference")
        } else {
            id.to_owned()
        };
        let members: Vec<String> = [Some(&reference), generator.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|folder| missing(folder))
            .collect();
        let excluded: Vec<String> = missing(&starter).into_iter().collect();
        let workspace = lists.as_ref().map(|lists| {
            (
                manifest_path.clone(),
                lists.extended(&manifest, &members, &excluded),
            )
        });
        let schema = course.root.join(SCHEMA);
        let fill = |text: &str| {
            let text = text.replace("@ID@", id).replace("@TITLE@", &title(id));
            let generator = generator.as_deref().and_then(below);
            text.replace("@ASKED@", template.asked)
                .replace("@GENERATOR@", &generator.unwrap_or_default())
        };
        let manifest =
            |name: &str, dependencies: &str| MANIFEST.replace("@ID@", name) + dependencies;
        // An editor finds the schema from the file that names it.
        let exercise = match below(&starter) {
            Some(folder) => {
                let up = "../".repeat(folder.split('/').count());
                template.exercise.replace("@SCHEMA@", &(up + SCHEMA))
            }
            None => template
                .exercise
                .split_once('\n')
                .map_or("", |(_, rest)| rest)
                .to_owned(),
        };
        let mut files = vec![
            (starter.join("exercise.toml"), fill(&exercise)),
            (starter.join("README.md"), fill(README)),
            (
                starter.join("Cargo.toml"),
                manifest(id, template.dependencies),
            ),
            (starter.join("src/main.rs"), fill(template.starter)),
            (
                reference.join("Cargo.toml"),
                manifest(&reference_name, template.dependencies),
            ),
            (reference.join("src/main.rs"), fill(template.reference)),
        ];
        if let (Some(folder), Some(text)) = (&generator, template.generator) {
            files.push((
                folder.join("Cargo.toml"),
                manifest(&format!("{id}-data"), ""),
            ));
            files.push((folder.join("src/main.rs"), fill(text)));
        }
        for folder in [Some(&starter), Some(&reference), generator.as_ref()] {
            if let Some(folder) = folder.filter(|folder| folder.exists()) {
                let message = format!("failed to make the exercise `{id}`");
                return Err(Fault::usage(message)
                    .because(format!("there is `{}` already", folder.display()))
                    .hint("remove it, or choose another name"));
            }
        }
        Ok(Self {
            schema: (!schema.exists()).then_some(schema),
            starter,
            reference,
            reference_name,
            generator,
            files,
            workspace,
        })
    }

    fn write(&self) -> Result<(), Fault> {
        let written = self.write_crates().and_then(|()| {
            if let Some((path, text)) = &self.workspace {
                fs::write(path, text).map_err(|error| (path.clone(), error))?;
            }
            Ok(())
        });
        written.map_err(|(path, error)| {
            for folder in [
                Some(&self.starter),
                Some(&self.reference),
                self.generator.as_ref(),
            ] {
                // None of them was there before, so all in them is ours.
                let _ = folder.map(|folder| fs_scratch::remove_tree(folder));
            }
            Fault::io(FaultKind::Usage, "write", &path, &error).hint(
                "free some space, or make the course's folder yours to write to, and try again",
            )
        })
    }

    fn write_crates(&self) -> Result<(), (PathBuf, io::Error)> {
        let schema = self.schema.iter().map(|path| (path, SCHEMA_TEXT));
        let files = self.files.iter().map(|(path, text)| (path, text.as_str()));
        for (path, text) in schema.chain(files) {
            let write = || {
                fs::create_dir_all(path.parent().unwrap_or(path))?;
                File::create_new(path)?.write_all(text.as_bytes())
            };
            write().map_err(|error| (path.clone(), error))?;
        }
        Ok(())
    }
}

/// A path with `/` between names.
fn slashes(path: &Path) -> String {
    let names = path.iter().map(|name| name.to_string_lossy());
    names.collect::<Vec<_>>().join("/")
}

/// A headline that says what the name says.
fn title(id: &str) -> String {
    let words = id.replace(['-', '_'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}
