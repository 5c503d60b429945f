//! The documented workflows that grade a class on several machines: accepted by the schemas of their systems, and their
//! steps write what one machine writes.
//!
//! The schemas are those that two packages of Python have. The command that installs them:
//!
//! ```text
//! python3 -m venv DIR && DIR/bin/pip install kubernetes-validate==1.37.0 check-jsonschema==0.39.0
//! VALIDATORS=DIR cargo test -p grade --test it clusters:: -- --ignored
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::ci::runner::{Runner, yaml};
use crate::support::{
    command::run,
    course,
    files::{copy_program, copy_tree, remove_tree},
    program, submission,
    workspace::{CourseCopy, Workspace},
};

fn documented(name: &str) -> PathBuf {
    course().join("docs/clusters").join(name)
}

/// A validator accepts a file, and refuses it with a mistake.
#[track_caller]
fn validates(validator: &str, options: &[&str], file: &str, right: &str, wrong: &str) {
    let folder = std::env::var_os("VALIDATORS");
    let folder = folder.expect("`VALIDATORS` names the folder that the head of this file makes");
    let validate = |file: &Path| {
        let mut command = Command::new(Path::new(&folder).join("bin").join(validator));
        run(command.args(options).arg(file))
    };
    validate(&documented(file)).code(0);
    let text = fs::read_to_string(documented(file)).unwrap();
    assert!(text.contains(right), "{file} has no `{right}`");
    let folder = tempfile::tempdir().unwrap();
    let mistaken = folder.path().join(file);
    fs::write(&mistaken, text.replace(right, wrong)).unwrap();
    let found = validate(&mistaken).code(1);
    assert!(found.shown().contains(wrong), "{}", found.shown());
}

#[test]
#[ignore = "needs packages of PyPI: see the head of this file"]
fn kubernetes_accepts_the_jobs_and_a_mistake_in_one_is_found() {
    let file = "indexed-job.yaml";
    for version in ["1.33.0", "1.37.0"] {
        let options = ["--strict", "-k", version];
        let (right, wrong) = ("completionMode", "completionsMode");
        validates("kubernetes-validate", &options, file, right, wrong);
    }
}

#[test]
#[ignore = "needs packages of PyPI: see the head of this file"]
fn github_and_gitlab_accept_the_workflows_and_a_mistake_in_one_is_found() {
    for (file, schema, right, wrong) in [
        ("matrix.yml", "github-workflows", "fail-fast", "failfast"),
        ("gitlab.yml", "gitlab-ci", "maintainer", "maintainers"),
    ] {
        let options = ["--builtin-schema", &format!("vendor.{schema}")];
        validates("check-jsonschema", &options, file, right, wrong);
    }
}

/// The schema has a rule's action as any text.
#[test]
fn the_jobs_fail_an_index_at_once_only_where_a_second_pod_cannot_help() {
    let text = fs::read_to_string(documented("indexed-job.yaml")).unwrap();
    let jobs = text.split("\n---\n").map(serde_yaml_ng::from_str::<Value>);
    let jobs: Vec<Value> = jobs.map(Result::unwrap).collect();
    let shards = &jobs[1]["spec"];
    assert_eq!(shards["completionMode"], "Indexed");
    assert_eq!(shards["template"]["spec"]["restartPolicy"], "Never");
    let container = &shards["template"]["spec"]["containers"][0];
    let arguments = container["args"].as_array().unwrap();
    let part = format!("$(JOB_COMPLETION_INDEX)/{}", shards["completions"]);
    assert!(arguments.contains(&json!(part)), "{arguments:?}");
    assert!(arguments.contains(&json!("--exit-zero")), "{arguments:?}");
    let rules = &shards["podFailurePolicy"]["rules"];
    assert_eq!(rules[0]["action"], "Ignore");
    assert_eq!(rules[1]["action"], "FailIndex");
    let name = &container["name"];
    let codes = json!({ "containerName": name, "operator": "In", "values": [2] });
    assert_eq!(rules[1]["onExitCodes"], codes);
    assert_eq!(rules.as_array().unwrap().len(), 2);
    // All pods but the one that merges are the same but for their arguments.
    let of = |job: &Value| {
        let mut spec = job["spec"]["template"]["spec"].clone();
        spec["containers"][0]["args"] = Value::Null;
        spec
    };
    assert_eq!(of(&jobs[0]), of(&jobs[1]));
    let fence = |job: &Value| of(job)["containers"][0]["securityContext"].clone();
    assert_eq!(fence(&jobs[2]), fence(&jobs[0]));
    assert_eq!(
        of(&jobs[2])["securityContext"],
        of(&jobs[0])["securityContext"]
    );
}

/// A checkout of a repository with a course and a class.
fn checkout(workspace: &Workspace, name: &str) -> PathBuf {
    let root = workspace.path(name);
    CourseCopy::make(root.clone());
    for student in ["correct-two-threads", "missing-semicolon", "serial"] {
        copy_tree(&submission(student), &root.join("class").join(student));
    }
    root
}

/// The class, graded on one machine by the same plan, has the same bytes as what was merged.
#[track_caller]
fn is_as_on_one_machine(workspace: &Workspace, merged: &Path) {
    let root = checkout(workspace, "one");
    let out = workspace.path("one-out");
    let mut one = workspace.grade();
    one.current_dir(&root)
        .args(["batch", "sum-of-products", "class", "--out"])
        .arg(&out)
        .arg("--plan")
        .arg(merged.join("plan.json"));
    run(&mut one).code(1);
    for name in ["batch.json", "gradebook.csv"] {
        let bytes = |folder: &Path| fs::read(folder.join(name)).unwrap();
        assert!(bytes(merged) == bytes(&out), "{name} differs");
    }
    let text = fs::read_to_string(merged.join("batch.json")).unwrap();
    let batch: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(batch["records"].as_array().unwrap().len(), 3);
}

/// About 20 s. The step that installs the program is left out: it is there already.
#[test]
#[ignore = "grades a class twice: cargo test -p grade --test it clusters:: -- --ignored"]
fn the_steps_of_the_matrix_write_what_one_machine_writes() {
    let workspace = Workspace::new();
    let mut workflow = yaml("docs/clusters/matrix.yml");
    let steps = workflow["jobs"]["plan"]["steps"].as_array_mut().unwrap();
    let count = steps.len();
    steps.retain(|step| step["name"] != "Install the program");
    assert_eq!(steps.len(), count - 1);
    let exercise = workflow["env"]["EXERCISE"].as_str().unwrap().to_owned();
    let root = checkout(&workspace, "plan");
    let mut first = Runner::new(&root, workspace.path("runner"), workspace.cache.clone());
    first.environment = vec![
        ("EXERCISE".into(), exercise),
        (
            "GRADE_TEMP_DIR".into(),
            workspace.temp().display().to_string(),
        ),
        (
            "GRADE_CACHE_DIR".into(),
            workspace.cache.display().to_string(),
        ),
    ];
    let installed = first.temp.join("program/bin");
    fs::create_dir_all(&installed).unwrap();
    copy_program(&program(), &installed.join("grade"));
    assert!(first.job(&workflow, "plan"), "{:#?}", first.steps);

    let shards = workflow["jobs"]["shard"]["strategy"]["matrix"]["shard"].clone();
    let shards = shards.as_array().unwrap();
    for shard in shards {
        let name = format!("shard-{shard}");
        let mut runner = first.next(&checkout(&workspace, &name), &name);
        runner.contexts["matrix"] = json!({ "shard": shard });
        runner.contexts["strategy"] = json!({ "job-total": shards.len() });
        assert!(runner.job(&workflow, "shard"), "{:#?}", runner.steps);
    }
    let mut last = first.next(&checkout(&workspace, "merge"), "merge");
    assert!(last.job(&workflow, "merge"), "{:#?}", last.steps);
    is_as_on_one_machine(&workspace, &last.artifact("grades"));

    // A shard that is lost is told by its name, and all others are merged.
    remove_tree(&first.artifact("shard-1")).unwrap();
    remove_tree(&first.artifact("grades")).unwrap();
    let mut last = first.next(&checkout(&workspace, "again"), "again");
    assert!(!last.job(&workflow, "merge"));
    let merge = last.step("Merge");
    assert_eq!(merge.code, 3, "{}", merge.log);
    assert!(merge.log.contains("1/3"), "{}", merge.log);
    assert!(last.artifact("grades").join("gradebook.csv").is_file());
}

/// The scripts of GitLab's jobs, which share a folder as its artifacts do.
#[test]
#[ignore = "grades a class twice: cargo test -p grade --test it clusters:: -- --ignored"]
fn the_scripts_for_gitlab_write_what_one_machine_writes() {
    let workspace = Workspace::new();
    let root = checkout(&workspace, "project");
    let jobs = yaml("docs/clusters/gitlab.yml");
    let total = jobs["grade"]["parallel"].as_u64().unwrap();
    let path = format!(
        "{}:{}",
        program().parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let script = |job: &str, index: u64| {
        let lines = jobs[job]["script"].as_array().unwrap().iter();
        let lines: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
        let shell = ["sh".into(), "-ec".into(), lines.join("\n")];
        let mut command = workspace.grade_behind(&shell);
        command
            .current_dir(&root)
            .env("PATH", &path)
            .env("CI_NODE_INDEX", index.to_string())
            .env("CI_NODE_TOTAL", total.to_string());
        run(&mut command).code(0);
    };
    script("plan", 1);
    for index in 1..=total {
        script("grade", index);
    }
    script("merge", 1);
    is_as_on_one_machine(&workspace, &root.join("out"));
}
