//! The published JSON Schema of `exercise.toml`: what the loader takes fits it, and a slip does not.

use std::{fs, path::PathBuf, sync::LazyLock};

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{command::shown, course, files::names};

const SCHEMA: &str = "schema/exercise-1.schema.json";

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let text = fs::read_to_string(course().join(SCHEMA)).expect("the schema is published");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    assert!(jsonschema::meta::is_valid(&schema), "the schema is none");
    jsonschema::validator_for(&schema).expect("the schema is one")
});

/// Why a text does not fit the schema.
pub(super) fn misfits(text: &str) -> Vec<String> {
    let file: Value = toml::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let errors = VALIDATOR.iter_errors(&file);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// The `exercise.toml` of every exercise of this course.
fn files() -> Vec<PathBuf> {
    let folder = course().join("exercises");
    let files = names(&folder)
        .into_iter()
        .map(|id| folder.join(id).join("exercise.toml"));
    files.filter(|file| file.is_file()).collect()
}

#[test]
fn every_exercise_fits_its_schema_and_names_it() {
    assert!(!files().is_empty());
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(misfits(&text), [""; 0], "{}", file.display());
        let first = text.lines().next().unwrap();
        assert_eq!(
            first,
            format!("#:schema ../../{SCHEMA}"),
            "{}",
            file.display()
        );
    }
}

#[test]
fn what_the_loader_refuses_for_a_key_or_a_type_does_not_fit() {
    let text =
        fs::read_to_string(course().join("exercises/sum-of-products/exercise.toml")).unwrap();
    for (from, to) in [
        ("title = ", "tittle = "),
        ("title = ", "title = 1\nold-title = "),
        ("[recipe.numbers]", "[recipe.number]"),
        ("name-length = 5", "name_length = 5"),
        ("name-length = 5", "name-length = \"5\""),
        ("fresh = ", "fresh = true # "),
        ("fixed = ", "fixed = \"0\" # "),
        ("id = \"total\"", "id = \"totals\""),
        ("[total]", "[totals]"),
        ("files = \"first-twice\"", "files = \"twice\""),
        ("says = ", "say = "),
        ("steps = ", "step = "),
    ] {
        assert!(text.contains(from), "the test is out of date: no {from:?}");
        let slip = text.replacen(from, to, 1);
        assert_ne!(misfits(&slip), [""; 0], "{to:?} fits");
        let workspace = crate::support::workspace::Workspace::new();
        let copy = workspace.course();
        copy.write("exercises/sum-of-products/exercise.toml", &slip);
        let loaded = ::grade::course::Course::load(&copy.root);
        let exercise = loaded.unwrap().exercise("sum-of-products");
        assert!(exercise.is_err(), "{to:?} is loaded");
    }
}

/// Taplo, with the exercises of this course and one with a slip. `npm install --prefix target/taplo @taplo/cli@0.7.0`
/// comes before.
#[test]
#[ignore = "needs taplo: npm install --prefix target/taplo @taplo/cli@0.7.0"]
fn taplo_takes_every_exercise_and_refuses_a_slip() {
    let taplo = course().join("target/taplo/node_modules/.bin/taplo");
    let lint = |file: &std::path::Path| {
        let mut command = Command::new(&taplo);
        command
            .current_dir(course())
            .arg("lint")
            .arg(file)
            .output()
            .unwrap()
    };
    for file in files() {
        let output = lint(&file);
        assert!(output.status.success(), "{}", shown(&output));
    }
    let text = fs::read_to_string(&files()[0]).unwrap();
    // Where the path of the schema is the same.
    let folder = course().join("target/taplo-slip/exercise");
    fs::create_dir_all(&folder).unwrap();
    let schema = course().join(SCHEMA);
    let text = text.replacen(&format!("../../{SCHEMA}"), schema.to_str().unwrap(), 1);
    let file = folder.join("exercise.toml");
    fs::write(&file, text.replacen("title = ", "tittle = ", 1)).unwrap();
    let output = lint(&file);
    assert!(
        !output.status.success() && shown(&output).contains("tittle"),
        "{}",
        shown(&output)
    );
}
