//! A class that is graded in shards, and what they leave.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::{Cursor, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{
    command::{Finished, run},
    small_course::{Prints, SmallCourse, main, manifest, write_crate},
    workspace::Workspace,
};

/// Into how many shards the class is divided.
pub(super) const OF: u32 = 3;
/// The shards of [`Planned::new`], by the numbers that their ids have.
pub(super) const BY_SHARD: [&[&str]; 3] = [&["judy"], &["dave", "heidi"], &["ada", "carol", "eve"]];

/// A class of the small course, its plan and its outputs.
pub(super) struct Planned {
    pub(super) workspace: Workspace,
    pub(super) course: SmallCourse,
}

impl Planned {
    /// A class without submissions and without a plan.
    pub(super) fn empty() -> Self {
        let workspace = Workspace::new();
        let course = SmallCourse::make(workspace.path("course"));
        let planned = Self { workspace, course };
        fs::create_dir(planned.dir()).unwrap();
        planned
    }

    /// A class of six, of whom Judy prints another number, planned. No shard is empty.
    pub(super) fn new() -> Self {
        let planned = Self::empty();
        for id in BY_SHARD.concat() {
            planned.add(id, Prints::Largest);
        }
        planned.add("judy", Prints::Smallest);
        planned.plan(&[]).code(0);
        planned
    }

    /// The folder of the submissions.
    pub(super) fn dir(&self) -> PathBuf {
        self.workspace.path("class")
    }

    pub(super) fn out(&self) -> PathBuf {
        self.workspace.path("out")
    }

    /// The folder of a shard.
    pub(super) fn shard(&self, index: u32) -> PathBuf {
        self.out().join(format!("shards/{index}-of-{OF}"))
    }

    pub(super) fn add(&self, name: &str, prints: Prints) {
        write_crate(&self.dir().join(name), "largest", prints);
    }

    /// Hand in a program of another kind.
    pub(super) fn add_main(&self, name: &str, main: &str) {
        self.add(name, Prints::Nothing);
        fs::write(self.dir().join(name).join("src/main.rs"), main).unwrap();
    }

    pub(super) fn put(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        fs::write(self.dir().join(name), bytes).unwrap();
    }

    /// The program for this course.
    pub(super) fn grade(&self, args: &[&str]) -> Command {
        let mut command = self.course.grade(&self.workspace);
        command.current_dir(self.workspace.path("")).args(args);
        command
    }

    pub(super) fn plan(&self, more: &[&str]) -> Finished {
        run(self
            .grade(&["plan", "largest", "class", "--out", "out"])
            .args(more))
    }

    pub(super) fn batch(&self, more: &[&str]) -> Finished {
        run(self
            .grade(&["batch", "largest", "class", "--out", "out"])
            .args(more))
    }

    /// Grade a shard.
    pub(super) fn grade_shard(&self, index: u32) -> Finished {
        self.batch(&["--shard", &format!("{index}/{OF}")])
    }

    /// Grade all shards.
    pub(super) fn grade_shards(&self) {
        for index in 0..OF {
            let finished = self.grade_shard(index);
            let shown = finished.shown();
            assert!(self.shard(index).join("batch.json").is_file(), "{shown}");
        }
    }

    pub(super) fn merge(&self, more: &[&str]) -> Finished {
        run(self.grade(&["merge", "out", "--out", "out"]).args(more))
    }

    /// Start to grade a shard, to stop it on the way. Signals do what they usually do, however these tests were started.
    pub(super) fn start_shard(&self, index: u32) -> Child {
        let shard = format!("{index}/{OF}");
        let command = self.grade(&["batch", "largest", "class", "--out", "out", "--quiet"]);
        #[expect(
            clippy::disallowed_methods,
            reason = "a program that is killed on the way"
        )]
        let mut child = std::process::Command::new("env");
        child
            .arg("--default-signal=HUP,INT,TERM")
            .arg(command.get_program())
            .args(command.get_args())
            .args(["--shard", &shard, "--jobs", "1"])
            .current_dir(self.workspace.path(""));
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => child.env(name, value),
                None => child.env_remove(name),
            };
        }
        child.stdout(Stdio::null()).stderr(Stdio::piped());
        child.spawn().unwrap()
    }

    /// Change the file of the plan.
    pub(super) fn edit_plan(&self, edit: impl FnOnce(&mut Value)) {
        edit_json(&self.out().join("plan.json"), edit);
    }
}

/// Change a JSON file.
pub(super) fn edit_json(path: &Path, edit: impl FnOnce(&mut Value)) {
    let mut value = json(path);
    edit(&mut value);
    fs::write(path, value.to_string()).unwrap();
}

pub(super) fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The ids that have a record.
pub(super) fn recorded(out: &Path) -> Vec<String> {
    let names = crate::support::files::names(&out.join("records"));
    let ids = names.iter().map(|name| name.strip_suffix(".json").unwrap());
    ids.map(str::to_owned).collect()
}

/// What is measured, belongs to one process, or to the shards. All else is the same on any number of machines.
const OWN: [&str; 5] = [
    "batch.lock",
    "usage",
    "reference.json",
    "plan.json",
    "shards",
];

/// All files in a folder of outputs that are the same each time.
pub(super) fn outputs(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = walkdir::WalkDir::new(out)
        .into_iter()
        .filter_entry(|entry| {
            entry.depth() != 1 || !OWN.contains(&&*entry.file_name().to_string_lossy())
        });
    let files = all
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let name = entry.path().strip_prefix(out).unwrap().to_string_lossy();
            (name.into_owned(), fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// Expect the same outputs, to the byte.
#[track_caller]
pub(super) fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (outputs(one), outputs(other));
    let names = |all: &BTreeMap<String, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for (name, bytes) in one {
        let [one, other] =
            [&bytes, &other[&name]].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let mut lines = one.lines().zip(other.lines());
        let first = lines.find(|(one, other)| one != other);
        assert!(one == other, "{name} differs: {first:#?}");
    }
}

/// The files of a crate, as archives have them.
fn files(prints: Prints) -> [(&'static str, String); 2] {
    let manifest = manifest("largest");
    [
        ("work/Cargo.toml", manifest),
        ("work/src/main.rs", main(prints)),
    ]
}

pub(super) fn zip(prints: Prints) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files(prints) {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(super) fn tar_gz(prints: Prints) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (name, text) in files(prints) {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// A name that is not UTF-8.
pub(super) fn not_utf8() -> &'static OsStr {
    OsStr::from_bytes(b"fr\xe9d\xe9ric")
}
