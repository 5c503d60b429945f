//! A class with a submission for each way in which a grading can end, graded once.

use std::{fs, path::PathBuf, sync::LazyLock};

use assert_cmd::Command;
use serde_json::Value;

use crate::{
    batch::class::record,
    support::{
        cache,
        command::{grade, in_known_environment, run, shown},
        files::copy_tree,
        of_this_process, program, submission,
        workspace::CourseCopy,
    },
};

/// What is in the class, and the points of each; none where it is not graded.
pub(crate) const POINTS: [(&str, Option<u64>); 7] = [
    ("hangs", Some(1)),
    ("not-built", Some(0)),
    ("not-graded", None),
    ("panics", Some(1)),
    ("right", Some(10)),
    ("serial", Some(6)),
    ("too-large", Some(1)),
];

/// Takes more memory than it may.
const TOO_LARGE: &str = "fn main() { let all = vec![1_u8; 600 << 20]; println!(\"{}\", all[7]); }";

/// The class, graded.
pub(crate) struct Graded {
    /// What the batch wrote.
    pub(crate) out: PathBuf,
}

/// The class, graded by the first test that asks.
pub(crate) static GRADED: LazyLock<Graded> = LazyLock::new(|| {
    let root = of_this_process("reports");
    let class = root.join("class");
    for (from, to) in [
        ("never-ends", "hangs"),
        ("missing-semicolon", "not-built"),
        ("correct-scoped-chunks", "not-graded"),
        ("panics", "panics"),
        ("correct-scoped-chunks", "right"),
        ("serial", "serial"),
        ("correct-scoped-chunks", "too-large"),
    ] {
        copy_tree(&submission(from), &class.join(to));
    }
    fs::write(class.join("too-large/src/main.rs"), TOO_LARGE).unwrap();
    // Its copy is larger than any file that the program may write here; nothing else is.
    let large = fs::File::create(class.join("not-graded/large.bin")).unwrap();
    large.set_len(90 << 20).unwrap();
    let course = CourseCopy::make(root.join("course"));
    for (from, to) in [
        ("\"32 MiB\"", "\"100 MiB\""),
        ("file-size = \"1 GiB\"", "file-size = \"64 MiB\""),
        ("wall = \"10s\"", "wall = \"4s\""),
        ("memory = \"1 GiB\"", "memory = \"512 MiB\""),
    ] {
        course.edit("grader.toml", from, to);
    }
    let out = root.join("out");
    let grading = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(program());
        let mut command = in_known_environment(command);
        command
            .args(["batch", "sum-of-products", "--seed", "7", "--quiet"])
            .arg(&class)
            .arg("--out")
            .arg(&out)
            .arg("--course")
            .arg(&course.root)
            .env("GRADE_CACHE_DIR", cache());
        command.output().unwrap()
    };
    let output = grading("trap '' XFSZ; ulimit -f 163840; exec \"$@\"");
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    let graded = Graded { out };
    for (id, points) in POINTS {
        let record = graded.record(id);
        assert_eq!(record["score"]["earned"].as_u64(), points, "{record:#}");
    }
    graded
});

impl Graded {
    /// A report of the class.
    #[track_caller]
    pub(crate) fn class(&self, format: &str) -> String {
        let command = &mut grade();
        command.args(["report", "--format", format]).arg(&self.out);
        run(command).code(0).stdout
    }

    /// A report of one submission.
    #[track_caller]
    pub(crate) fn one(&self, id: &str, format: &str) -> String {
        let command = &mut grade();
        command.args(["report", "--format", format]);
        run(command.arg(self.file(id))).code(0).stdout
    }

    /// The file of a record.
    pub(crate) fn file(&self, id: &str) -> PathBuf {
        self.out.join(format!("records/{id}.json"))
    }

    /// A record.
    pub(crate) fn record(&self, id: &str) -> Value {
        record(&self.out, id)
    }
}
