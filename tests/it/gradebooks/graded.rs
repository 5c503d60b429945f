//! One class of every kind of export, graded once.

use std::{
    fs,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
    process::Output,
    sync::OnceLock,
};

use serde_json::Value;

use crate::support::{
    command::{grade, shown},
    files::{copy_tree, names, remove_tree},
    submission,
};

/// What each entry of the class's folder is, and how many points it gets.
const CLASS: [(&str, &str); 8] = [
    ("doejane_2001_901_hw.zip", "correct-scoped-chunks"),
    ("roemax_2002_902_hw.zip", "serial"),
    ("poeann_2003_903_hw.zip", "missing-semicolon"),
    (
        "Jane Doe_101_assignsubmission_file_",
        "correct-scoped-chunks",
    ),
    ("Max Roe_102_assignsubmission_file_", "missing-semicolon"),
    ("Ann Poe_103_assignsubmission_file_", "missing-semicolon"),
    ("hw1-octocat", "serial"),
    ("hw1-team-red", "missing-semicolon"),
];

/// A copy of what the batch wrote, for one test. `poeann_2003` and `Ann_Poe_103` were not graded.
pub(super) struct Graded {
    dir: tempfile::TempDir,
}

impl Graded {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy_tree(once(), &dir.path().join("out"));
        Self { dir }
    }

    pub(super) fn out(&self) -> PathBuf {
        self.path("out")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(super) fn read(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// `grade report` of the batch, started in the test's folder.
    pub(super) fn report(&self, arguments: &[&str]) -> Output {
        let mut command = grade();
        command.args(["report", "out"]).args(arguments);
        command.current_dir(self.dir.path()).output().unwrap()
    }

    /// The same, which must succeed.
    #[track_caller]
    pub(super) fn reports(&self, arguments: &[&str]) -> String {
        let output = self.report(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, which must be refused with these words and a hint, and write nothing.
    #[track_caller]
    pub(super) fn refuses(&self, arguments: &[&str], words: &[&str]) {
        let before = names(self.dir.path());
        let output = self.report(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        let stderr = String::from_utf8_lossy(&output.stderr);
        for words in words.iter().chain(&["error: ", "hint: "]) {
            assert!(stderr.contains(words), "no {words:?} in {stderr}");
        }
        assert!(output.stdout.is_empty(), "{}", shown(&output));
        assert_eq!(names(self.dir.path()), before);
    }
}

/// A file as Python's reader sees it, behind a byte order mark or not.
pub(super) fn python(path: &Path, delimiter: &str) -> Vec<Vec<String>> {
    const READ: &str = "import csv, json, sys\n\
        text = open(sys.argv[1], encoding='utf-8-sig', newline='')\n\
        print(json.dumps(list(csv.reader(text, delimiter=sys.argv[2], strict=True))))";
    let mut read = assert_cmd::Command::new("python3");
    let output = read.args(["-c", READ]).arg(path).arg(delimiter).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The lines of `text` below a headline.
#[track_caller]
pub(super) fn below<'t>(text: &'t str, headline: &str) -> Vec<&'t str> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(headline));
    assert!(lines.next().is_some(), "no {headline:?} in {text}");
    lines
        .take_while(|line| !line.is_empty())
        .map(str::trim)
        .collect()
}

/// The output folder of the one batch. Those of test programs that have ended are removed.
fn once() -> &'static Path {
    static OUT: OnceLock<PathBuf> = OnceLock::new();
    OUT.get_or_init(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gradebooks");
        fs::create_dir_all(&all).unwrap();
        for name in names(&all) {
            if !Path::new("/proc").join(&name).exists() {
                let _ = remove_tree(&all.join(name));
            }
        }
        let dir = all.join(std::process::id().to_string());
        let class = dir.join("class");
        fs::create_dir_all(&class).unwrap();
        for (name, of) in CLASS {
            let to = class.join(name);
            if to.extension().is_some() {
                fs::write(to, zipped(&submission(of))).unwrap();
            } else {
                copy_tree(&submission(of), &to);
            }
        }
        let out = dir.join("out");
        let output = grade()
            .args(["batch", "sum-of-products", "--quiet", "--seed", "7"])
            .arg(&class)
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
        for id in ["poeann_2003", "Ann_Poe_103"] {
            not_graded(&out.join(format!("records/{id}.json")));
        }
        out
    })
}

/// Make of a record one of a machine that failed.
fn not_graded(path: &Path) {
    let mut record: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    record["verdict"] = "not-graded".into();
    record["score"] = Value::Null;
    record["checks"] = Value::Array(Vec::new());
    record["faults"] = serde_json::json!([{"kind": "disk", "message": "failed to write `x`"}]);
    fs::write(path, serde_json::to_vec_pretty(&record).unwrap()).unwrap();
}

fn zipped(folder: &Path) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for name in ["Cargo.toml", "src/main.rs"] {
        zip.start_file(name, options).unwrap();
        zip.write_all(&fs::read(folder.join(name)).unwrap())
            .unwrap();
    }
    zip.finish().unwrap().into_inner()
}
