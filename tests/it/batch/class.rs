//! A class in a temporary folder, and what a batch of it leaves.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Output, Stdio},
};

use serde_json::Value;

use crate::support::{
    cache,
    command::{grade, shown},
    course,
    files::copy_tree,
    program, submission,
    workspace::CourseCopy,
};

/// Submissions of every kind that do the same each time, but for those of `POOLS`.
pub(crate) const CLASS: [&str; 12] = [
    "correct-anyhow-lib",
    "correct-modules",
    "correct-rayon-par-iter",
    "correct-tokio-join-set",
    "crate-not-allowed",
    "exits-nonzero",
    "lines-from-zero",
    "missing-semicolon",
    "no-manifest",
    "prints-label",
    "serial",
    "type-error",
];

/// Those whose files are shared out by a pool of threads that steal from each other: not always evenly, so
/// that now and then their reads take a round more. The rest of their records is the same each time.
const POOLS: [&str; 6] = [
    "correct-anyhow-lib",
    "correct-rayon-par-iter",
    "correct-tokio-join-set",
    "exits-nonzero",
    "lines-from-zero",
    "prints-label",
];

/// A folder with a class in it, and room for outputs beside it.
pub(crate) struct Class {
    pub dir: tempfile::TempDir,
}

impl Class {
    pub(crate) fn new(names: &[&str]) -> Self {
        let class = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(class.folder()).unwrap();
        for name in names {
            class.add(name, name);
        }
        class
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.dir.path().join("class")
    }

    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn add(&self, name: &str, as_name: &str) {
        copy_tree(&submission(name), &self.folder().join(as_name));
    }

    pub(crate) fn change(&self, name: &str) {
        let main = self.folder().join(name).join("src/main.rs");
        let text = fs::read_to_string(&main).unwrap();
        fs::write(main, text + "\n// changed\n").unwrap();
    }

    pub(crate) fn command(&self, out: &str) -> assert_cmd::Command {
        let mut command = grade();
        command
            .args(["batch", "sum-of-products"])
            .arg(self.folder())
            .arg("--out")
            .arg(self.out(out));
        command
    }

    /// A copy of the course, to change it.
    pub(crate) fn own_course(&self) -> PathBuf {
        CourseCopy::make(self.out("course")).root
    }

    /// Who is in the class, without grading it.
    pub(crate) fn list(&self, more: &[&str]) -> Output {
        let mut command = grade();
        command.args(["batch", "sum-of-products", "--list"]);
        command.arg(self.folder()).args(more).output().unwrap()
    }

    /// Grade into `out` on the seeds 0 and 7.
    pub(crate) fn batch(&self, out: &str, more: &[&str]) -> Output {
        self.command(out)
            .args(["--seed", "7"])
            .args(more)
            .output()
            .unwrap()
    }
}

/// Every output that is the same each time, by name.
pub(crate) fn outputs(out: &Path) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    for name in ["batch.json", "gradebook.csv"] {
        outputs.insert(name.to_owned(), fs::read_to_string(out.join(name)).unwrap());
    }
    for entry in fs::read_dir(out.join("records")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        outputs.insert(name, fs::read_to_string(path).unwrap());
    }
    outputs
}

pub(crate) fn assert_same(
    one: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
    what: &str,
) {
    let names = |outputs: &BTreeMap<String, String>| outputs.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other), "{what}");
    for (name, text) in one {
        let (one, other) = (steady(text), steady(&other[name]));
        let pairs = one.lines().zip(other.lines());
        let differences: Vec<_> = pairs.filter(|(one, other)| one != other).collect();
        assert!(one == other, "{what}: {name}: {differences:#?}");
    }
}

/// An output without what a pool of threads did differently.
fn steady(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        return text.to_owned();
    };
    let mut masked = false;
    let mut mask = |record: &mut Value| {
        if !POOLS.contains(&record["submission"]["id"].as_str().unwrap()) {
            return;
        }
        masked = true;
        for run in record["runs"].as_array_mut().unwrap() {
            run.as_object_mut().unwrap().remove("concurrency");
        }
        for check in record["checks"].as_array_mut().unwrap() {
            if check["id"] == "multi-threaded" && check["status"] == "pass" {
                check["message"] = Value::Null;
                check["details"] = Value::Null;
            }
        }
    };
    match value.get_mut("records") {
        Some(records) => records
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .for_each(&mut mask),
        None => mask(&mut value),
    }
    if masked {
        serde_json::to_string_pretty(&value).unwrap()
    } else {
        text.to_owned()
    }
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
pub(crate) fn says(output: &Output, words: &str) {
    let all = shown(output);
    // Lines are wrapped where they are long.
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(&all).contains(&flat(words)), "no {words:?} in:\n{all}");
}

pub(crate) fn record(out: &Path, id: &str) -> Value {
    let text = fs::read_to_string(out.join(format!("records/{id}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A batch into the output folder of this name, on its way. Signals do what they usually do, however these
/// tests were started: a shell that starts something in the background has it ignore Ctrl-C.
pub(crate) fn start(class: &Class, name: &str, more: &[&str]) -> Child {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program that is killed on the way"
    )]
    let mut command = std::process::Command::new("env");
    command
        .arg("--default-signal=HUP,INT,TERM")
        .arg(program())
        .args(["batch", "sum-of-products", "--quiet"])
        .args(more)
        .arg(class.folder())
        .arg("--out")
        .arg(class.out(name))
        .current_dir(course())
        .env("GRADE_CACHE_DIR", cache())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}
