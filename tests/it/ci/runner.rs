//! Executes the steps of a workflow and of `action.yml` as a runner of GitHub does, each `run:` in its shell with the
//! variables and files that a step has.
//!
//! Steps that use the actions of others have a stand-in each: what these do on GitHub's machines, done in folders here.
//! An expression or a step that is not known makes the test fail.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use assert_cmd::Command;
use serde_json::{Map, Value, json};

use crate::support::{
    course,
    files::{copy_program, copy_tree, names},
    program,
};

/// The program may be compiled in a step.
const LONGEST_STEP: Duration = Duration::from_mins(15);

/// How a step ended.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) code: i32,
    pub(crate) log: String,
    pub(crate) outputs: BTreeMap<String, String>,
}

/// A runner with a workspace.
pub(crate) struct Runner {
    /// The repository, checked out.
    pub(crate) workspace: PathBuf,
    /// The folder of the runner: artifacts, summaries.
    pub(crate) home: PathBuf,
    /// Its temporary files.
    pub(crate) temp: PathBuf,
    /// The contexts that expressions look into.
    pub(crate) contexts: Value,
    /// What is in the cache of the grader's program; nothing for a cache that is empty.
    pub(crate) cached_program: Option<PathBuf>,
    /// The folder with compiled crates.
    pub(crate) crates: PathBuf,
    /// What a second repository to be checked out has.
    pub(crate) other_repository: Option<PathBuf>,
    /// Variables besides those of the runner.
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
}

/// A file of the repository in YAML.
pub(crate) fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(course().join(path)).unwrap();
    serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl Runner {
    pub(crate) fn new(workspace: &Path, home: PathBuf, crates: PathBuf) -> Self {
        for name in ["temp", "artifacts", "files"] {
            fs::create_dir_all(home.join(name)).unwrap();
        }
        Self {
            contexts: json!({
                "runner": { "temp": home.join("temp") },
                "github": {
                    "action_path": course(),
                    "action_repository": "owner/grade",
                    "server_url": "https://github.com",
                    "repository": "owner/course",
                    "token": "token",
                },
            }),
            workspace: workspace.to_path_buf(),
            temp: home.join("temp"),
            home,
            cached_program: Some(program()),
            crates,
            other_repository: None,
            environment: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// What happened, for the jobs that it started.
    pub(crate) fn set_event(&mut self, event: Value) {
        self.contexts["github"]["event"] = event;
    }

    pub(crate) fn artifact(&self, name: &str) -> PathBuf {
        self.home.join("artifacts").join(name)
    }

    /// The summary of the job.
    pub(crate) fn summary(&self) -> String {
        fs::read_to_string(self.home.join("files/summary")).unwrap_or_default()
    }

    /// The step of this name.
    #[track_caller]
    pub(crate) fn step(&self, name: &str) -> &Step {
        let found = self.steps.iter().find(|step| step.name == name);
        found.unwrap_or_else(|| panic!("no step `{name}` was executed: {:#?}", self.steps))
    }

    /// A machine for another job of the same run of a workflow: it has the same artifacts, and another checkout.
    pub(crate) fn next(&self, workspace: &Path, temp: &str) -> Self {
        let home = self.home.clone();
        let mut next = Self::new(workspace, home, self.crates.clone());
        next.temp = self.home.join(temp);
        fs::create_dir_all(&next.temp).unwrap();
        next.contexts["runner"]["temp"] = json!(next.temp);
        next.environment.clone_from(&self.environment);
        next
    }

    /// Execute a job of a workflow. Whether all steps passed.
    pub(crate) fn job(&mut self, workflow: &Value, job: &str) -> bool {
        let steps = workflow["jobs"][job]["steps"].as_array();
        let steps = steps.unwrap_or_else(|| panic!("no steps in `{job}`"));
        self.execute(steps, &json!({}))
    }

    /// Execute steps, whose `inputs` are those of their action.
    fn execute(&mut self, steps: &[Value], inputs: &Value) -> bool {
        let mut contexts = self.contexts.clone();
        contexts["inputs"] = inputs.clone();
        contexts["steps"] = json!({});
        let mut is_good = true;
        for step in steps {
            let name = step["name"].as_str().or(step["uses"].as_str());
            let name = name.or(step["id"].as_str()).unwrap_or_default().to_owned();
            if !runs(step["if"].as_str(), is_good, &contexts) {
                continue;
            }
            let outputs = if let Some(action) = step["uses"].as_str() {
                let with = evaluated(&step["with"], &contexts);
                let (is_done, outputs) = self.action(action, &with);
                is_good &= is_done || step["continue-on-error"] == true;
                outputs
            } else {
                let done = self.run(&name, step, &contexts);
                is_good &= done.code == 0;
                let outputs = done.outputs.clone();
                self.steps.push(done);
                outputs
            };
            if let Some(id) = step["id"].as_str() {
                contexts["steps"][id] = json!({ "outputs": outputs });
            }
        }
        self.contexts["last"] = contexts["steps"].clone();
        is_good
    }

    /// The stand-in for an action: whether it passed, and its outputs.
    fn action(
        &mut self,
        action: &str,
        with: &Map<String, Value>,
    ) -> (bool, BTreeMap<String, String>) {
        let text = |name: &str| with.get(name).and_then(Value::as_str).unwrap_or_default();
        let none = BTreeMap::new();
        match action {
            "actions/checkout@v4" => {
                assert_eq!(text("persist-credentials"), "false");
                if with.contains_key("repository") {
                    let from = self.other_repository.clone().unwrap();
                    copy_tree(&from, &self.workspace.join(text("path")));
                } else if !self.contexts["github"]["event"]["pull_request"].is_null() {
                    assert_eq!(text("fetch-depth"), "0");
                }
                (true, none)
            }
            "actions/cache@v4" => {
                let path = PathBuf::from(text("path"));
                assert!(!text("key").contains("${{") && text("key").starts_with("grade-"));
                if path.ends_with("grade-bin") {
                    if let Some(cached) = &self.cached_program {
                        fs::create_dir_all(&path).unwrap();
                        let _ = fs::remove_file(path.join("grade"));
                        copy_program(cached, &path.join("grade"));
                    }
                } else {
                    let _ = fs::remove_file(&path);
                    std::os::unix::fs::symlink(&self.crates, path).unwrap();
                }
                (true, none)
            }
            "actions/upload-artifact@v4" => {
                let to = self.artifact(text("name"));
                let paths: Vec<&str> = text("path").lines().collect();
                let mut is_there = false;
                for path in &paths {
                    let from = self.workspace.join(path);
                    // Of several paths, the artifact has what is below the folder that they share.
                    let below = Path::new(path).file_name().filter(|_| paths.len() > 1);
                    if from.exists() {
                        copy_tree(&from, &below.map_or(to.clone(), |name| to.join(name)));
                        is_there = true;
                    }
                }
                (is_there || text("if-no-files-found") != "error", none)
            }
            "actions/download-artifact@v4" => {
                let all = text("merge-multiple") == "true";
                let from = if all {
                    self.home.join("artifacts")
                } else {
                    self.artifact(text("name"))
                };
                let to = self.workspace.join(text("path"));
                if !from.exists() {
                    return (false, none);
                }
                let folders = if all {
                    let start = text("pattern").trim_end_matches('*');
                    let found = names(&from).into_iter();
                    let found = found.filter(|name| name.starts_with(start));
                    found.map(|name| from.join(name)).collect()
                } else {
                    vec![from]
                };
                fs::create_dir_all(&to).unwrap();
                for folder in folders {
                    // As they are: a link stays one.
                    let mut copy = Command::new("cp");
                    copy.arg("-a").arg("--").arg(folder.join(".")).arg(&to);
                    copy.assert().success();
                }
                (true, none)
            }
            "OWNER/grade@v0.1.0" => self.own_action(with),
            other => panic!("no stand-in for the action `{other}`"),
        }
    }

    /// The action of this repository, step by step.
    fn own_action(&mut self, with: &Map<String, Value>) -> (bool, BTreeMap<String, String>) {
        let action = yaml("action.yml");
        let declared = action["inputs"].as_object().unwrap();
        let mut inputs = Map::new();
        for (name, input) in declared {
            let default = input["default"].as_str().unwrap_or_default();
            let default = substituted(default, &self.contexts);
            inputs.insert(name.clone(), Value::String(default));
        }
        for (name, value) in with {
            assert!(
                inputs.contains_key(name),
                "the action has no input `{name}`"
            );
            inputs.insert(name.clone(), value.clone());
        }
        let steps = action["runs"]["steps"].as_array().unwrap().clone();
        let is_good = self.execute(&steps, &Value::Object(inputs));
        let contexts = json!({ "steps": self.contexts["last"] });
        let outputs = action["outputs"].as_object().unwrap().iter();
        let outputs = outputs.map(|(name, output)| {
            let value = substituted(output["value"].as_str().unwrap(), &contexts);
            (name.clone(), value)
        });
        let outputs: BTreeMap<_, _> = outputs.collect();
        self.contexts["outputs"] = json!(outputs);
        (is_good, outputs)
    }

    /// Execute the script of a step.
    fn run(&self, name: &str, step: &Value, contexts: &Value) -> Step {
        let script = step["run"]
            .as_str()
            .unwrap_or_else(|| panic!("`{name}` is no step"));
        assert!(
            !script.contains("${{"),
            "`{name}` has an expression in its script"
        );
        let file = self.home.join("files/script");
        fs::write(&file, script).unwrap();
        let output = self.home.join("files/output");
        fs::write(&output, "").unwrap();
        let mut command = Command::new("bash");
        if step["shell"] == "bash" {
            command.args(["--noprofile", "--norc", "-eo", "pipefail"]);
        } else {
            command.arg("-e");
        }
        let folder = step["working-directory"].as_str().unwrap_or(".");
        let folder = self.workspace.join(substituted(folder, contexts));
        let path = std::env::var("PATH").unwrap();
        command
            .arg(file)
            .current_dir(folder)
            .env_clear()
            .env("PATH", path)
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", self.home.join("files/summary"))
            .env("GITHUB_WORKSPACE", &self.workspace)
            .env("RUNNER_TEMP", &self.temp)
            .timeout(LONGEST_STEP);
        // The compiler is the one of the user.
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        for (name, value) in evaluated(&step["env"], contexts) {
            command.env(name, value.as_str().unwrap_or_default());
        }
        let done = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let lines = fs::read_to_string(&output).unwrap();
        let outputs = lines.lines().map(|line| {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{lines}"));
            (name.to_owned(), value.to_owned())
        });
        Step {
            name: name.to_owned(),
            code: done.status.code().unwrap_or(-1),
            log: text(&done.stdout) + &text(&done.stderr),
            outputs: outputs.collect(),
        }
    }
}

/// Values with those of their expressions.
fn evaluated(values: &Value, contexts: &Value) -> Map<String, Value> {
    let none = Map::new();
    let values = values.as_object().unwrap_or(&none);
    let evaluate = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::String(text) => substituted(text, contexts),
            other => other.to_string(),
        };
        (name.clone(), Value::String(text))
    };
    values.iter().map(evaluate).collect()
}

/// Whether a step runs, after others that passed or not.
fn runs(condition: Option<&str>, is_good: bool, contexts: &Value) -> bool {
    match condition {
        None => is_good,
        Some("${{ !cancelled() }}") => true,
        Some("${{ !cancelled() && inputs.artifact != '' }}") => {
            contexts["inputs"]["artifact"] != ""
        }
        Some(other) => panic!("the condition `{other}` is not known"),
    }
}

/// A text with the values of its expressions: paths in the contexts, and the digest of files.
fn substituted(text: &str, contexts: &Value) -> String {
    let mut parts = text.split("${{");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (expression, rest) = part.split_once("}}").unwrap();
        let expression = expression.trim();
        let value = if expression.starts_with("hashFiles(") {
            "digest".to_owned()
        } else {
            let found = expression
                .split('.')
                .fold(contexts, |value, name| &value[name]);
            match found {
                Value::String(text) => text.clone(),
                Value::Null if is_of_skipped_step(expression, contexts) => String::new(),
                Value::Null => panic!("the runner knows no `{expression}`"),
                other => other.to_string(),
            }
        };
        whole = whole + &value + rest;
    }
    whole
}

/// Whether an expression asks for an output of a step that did not run.
fn is_of_skipped_step(expression: &str, contexts: &Value) -> bool {
    let mut names = expression.split('.');
    names.next() == Some("steps")
        && names
            .next()
            .is_some_and(|id| contexts["steps"][id].is_null())
}
