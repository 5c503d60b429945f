//! A class that is too large to be graded here: made of copies of real records, with keys of their own.
//!
//! A few submissions are graded; everybody else has the files and the record of one of them under a name of their own. So
//! the class, its plan and its shards are what real ones are, to the byte, and only the time of grading is left out.
//! Prints seconds and sizes, and asserts no time.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use ids::Digest;
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{
    cache, course,
    files::copy_tree,
    measured::{Cost, measured},
    program, submission,
};

/// Who is graded, a few of every kind.
const REAL: [&str; 8] = [
    "correct-modules",
    "correct-scoped-chunks",
    "exits-nonzero",
    "lines-from-zero",
    "missing-semicolon",
    "no-manifest",
    "serial",
    "type-error",
];
/// How large the class is, and in how many shards, unless `GRADE_SCALE` says it as `SUBMISSIONS/SHARDS`.
const SIZE: (usize, usize) = (20_000, 200);
/// The most memory that the grader may ever hold, in kB: for the largest class a tenth of it is needed.
const MEMORY: u64 = 1_000_000;

#[test]
#[ignore = "takes a minute; run by its own command, and by `.ci/run`"]
fn a_class_in_many_shards_has_the_outputs_of_one_machine_in_little_memory() {
    let (submissions, shards) = size();
    let made = Made::new(submissions, shards);
    let class = made.class.to_str().unwrap();
    let [whole, sharded] = ["whole", "sharded"].map(|name| made.dir.path().join(name));
    let plan = made.plan.to_str().unwrap();
    let formats = ["--plan", plan, "--formats", "html,markdown"];

    let list = ["batch", "sum-of-products", class, "--list"];
    told("who is in the class", run(&list, 0), None);
    told("plan", made.planned, Some(&made.plan));
    let out = whole.to_str().unwrap();
    let batch = ["batch", "sum-of-products", class, "--out", out];
    told(
        "one machine, all is there",
        run(&[&batch[..], &formats].concat(), 1),
        None,
    );
    let out = sharded.to_str().unwrap();
    let shard = format!("0/{shards}");
    let one = [
        "batch",
        "sum-of-products",
        class,
        "--out",
        out,
        "--plan",
        plan,
        "--shard",
        &shard,
    ];
    told("one shard, all is there", run(&one, 1), None);
    let merge = run(&[&["merge", out, "--out", out][..], &formats].concat(), 1);
    told("merge", merge, Some(&sharded.join("batch.json")));
    let again = run(&[&["merge", out, "--out", out][..], &formats].concat(), 1);
    told("merge again", again, Some(&sharded.join("gradebook.csv")));
    let page = run(&["report", out, "--format", "html"], 0);
    told("page", page, Some(&sharded.join("report.html")));

    let (whole, sharded) = (files(&whole), files(&sharded));
    let names = |files: &BTreeMap<String, PathBuf>| files.keys().cloned().collect::<Vec<_>>();
    assert!(names(&whole) == names(&sharded));
    // A record, a key and what was measured of each, and the outputs.
    assert!(whole.len() > 3 * submissions, "{}", whole.len());
    for (name, path) in &whole {
        let same = fs::read(path).unwrap() == fs::read(&sharded[name]).unwrap();
        assert!(same, "`{name}` differs");
    }
}

fn size() -> (usize, usize) {
    let Ok(given) = std::env::var("GRADE_SCALE") else {
        return SIZE;
    };
    let (submissions, shards) = given.split_once('/').expect("SUBMISSIONS/SHARDS");
    (submissions.parse().unwrap(), shards.parse().unwrap())
}

/// Run the program to its end.
#[track_caller]
fn run(arguments: &[&str], code: i32) -> Cost {
    #[expect(
        clippy::disallowed_methods,
        reason = "the memory of a program that runs is measured"
    )]
    let mut command = std::process::Command::new(program());
    command
        .args(arguments)
        .current_dir(course())
        .env("GRADE_CACHE_DIR", cache())
        .stdout(Stdio::null());
    let cost = measured(command.spawn().unwrap(), code);
    assert!(
        (1..MEMORY).contains(&cost.memory),
        "{arguments:?}: {cost:?}"
    );
    cost
}

#[expect(
    clippy::print_stderr,
    reason = "the sizes are what a person wants to know"
)]
fn told(what: &str, cost: Cost, file: Option<&Path>) {
    let size = file.map_or(String::new(), |file| {
        let name = file.file_name().unwrap().to_string_lossy();
        format!(
            ", {name} has {} kB",
            fs::metadata(file).unwrap().len() / 1000
        )
    });
    eprintln!(
        "{what}: {:.1?}, {} MB of memory{size}",
        cost.time,
        cost.memory / 1000
    );
}

/// A class, its plan, and the records of everybody: in the folder `whole`, and once more in shards in `sharded`.
struct Made {
    dir: tempfile::TempDir,
    class: PathBuf,
    plan: PathBuf,
    planned: Cost,
}

/// What one of the graded submissions left.
struct Graded {
    record: String,
    key: Value,
    usage: Vec<u8>,
}

impl Made {
    fn new(submissions: usize, shards: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let (few, class) = (path("few"), path("class"));
        for name in REAL {
            copy_tree(&submission(name), &few.join(name));
        }
        for (id, real) in each(submissions) {
            copy_tree(&few.join(real), &class.join(id));
        }
        let seeds = ["--seed", "7", "--observe", "7", "--out"];
        let few_out = path("few-out");
        let of = |folder: &Path| folder.to_str().unwrap().to_owned();
        let batch = ["batch", "sum-of-products", &of(&few)];
        run(&[&batch[..], &seeds, &[&of(&few_out)]].concat(), 1);
        let plan = path("plan.json");
        let planning = ["plan", "sum-of-products", &of(&class)];
        let planned = run(&[&planning[..], &seeds, &[&of(&plan)]].concat(), 0);
        let graded = REAL.map(|name| (name, Graded::read(&few_out, name)));
        let graded = BTreeMap::from(graded);
        let reference = fs::read(few_out.join("reference.json")).unwrap();
        let made_from = made_from(&plan);
        let (whole, sharded) = (path("whole"), path("sharded/shards"));
        folders(&whole, &reference);
        for shard in 0..shards {
            let folder = sharded.join(format!("{shard}-of-{shards}"));
            folders(&folder, &reference);
            let file = json!({
                "schema": "grade-shard/1", "shard": format!("{shard}/{shards}"), "is_complete": true
            });
            fs::write(folder.join("shard.json"), file.to_string()).unwrap();
        }
        for (id, real) in each(submissions) {
            let digest = Digest::of(id.as_bytes());
            let first = u64::from_str_radix(&digest.hex()[..16], 16).unwrap();
            let shard = first % u64::try_from(shards).unwrap();
            let shard = sharded.join(format!("{shard}-of-{shards}"));
            graded[real].copy(real, &id, &made_from, &[&whole, &shard]);
        }
        Self {
            dir,
            class,
            plan,
            planned,
        }
    }
}

/// Everybody's id, and whose work they have.
fn each(submissions: usize) -> impl Iterator<Item = (String, &'static str)> {
    (0..submissions).map(|number| (format!("s{number:06}"), REAL[number % REAL.len()]))
}

/// What the plan says that all records are made from.
fn made_from(plan: &Path) -> BTreeMap<String, String> {
    let plan: Value = serde_json::from_slice(&fs::read(plan).unwrap()).unwrap();
    serde_json::from_value(plan["plan"]["made_from"].clone()).unwrap()
}

fn folders(out: &Path, reference: &[u8]) {
    for part in ["records", "keys", "usage"] {
        fs::create_dir_all(out.join(part)).unwrap();
    }
    fs::write(out.join("reference.json"), reference).unwrap();
}

/// A key as the program writes it.
#[derive(Serialize)]
struct KeyFile {
    schema: &'static str,
    parts: BTreeMap<String, String>,
    record: Digest,
    shape: Option<Digest>,
    seal: Digest,
}

impl Graded {
    fn read(out: &Path, name: &str) -> Self {
        let read = |part: &str| fs::read(out.join(part).join(format!("{name}.json"))).unwrap();
        Self {
            record: String::from_utf8(read("records")).unwrap(),
            key: serde_json::from_slice(&read("keys")).unwrap(),
            usage: read("usage"),
        }
    }

    /// Write the same as of the submission `id`.
    fn copy(&self, real: &str, id: &str, made_from: &BTreeMap<String, String>, outs: &[&Path]) {
        let text = |name: &str| format!("\"id\": \"{name}\"");
        let record = self.record.replacen(&text(real), &text(id), 1);
        let mut parts: BTreeMap<String, String> =
            serde_json::from_value(self.key["parts"].clone()).unwrap();
        for (name, value) in made_from {
            assert_eq!(parts.get(name), Some(value), "the key of `{real}`: {name}");
        }
        parts.insert("id".to_owned(), id.to_owned());
        let shape: Option<Digest> = serde_json::from_value(self.key["shape"].clone()).unwrap();
        let digest = Digest::of(record.as_bytes());
        // As `Key::digest` of the program makes it.
        let seal = Digest::of(format!("grade-key/1\n{parts:?}\n{digest}\n{shape:?}").as_bytes());
        let key = KeyFile {
            schema: "grade-key/1",
            parts,
            record: digest,
            shape,
            seal,
        };
        let key = serde_json::to_string_pretty(&key).unwrap() + "\n";
        for out in outs {
            let files = [
                ("records", record.as_bytes()),
                ("keys", key.as_bytes()),
                ("usage", &self.usage),
            ];
            for (part, bytes) in files {
                fs::write(out.join(part).join(format!("{id}.json")), bytes).unwrap();
            }
        }
    }
}

/// The files of an output folder that are made from the records, and these, by their paths.
fn files(out: &Path) -> BTreeMap<String, PathBuf> {
    let walk = walkdir::WalkDir::new(out).into_iter();
    let walk = walk.filter_entry(|entry| entry.file_name() != "shards");
    let files = walk
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file());
    let files = files.map(|entry| {
        let name = entry.path().strip_prefix(out).unwrap().to_str().unwrap();
        (name.to_owned(), entry.path().to_path_buf())
    });
    // The lock names a process.
    files.filter(|(name, _)| name != "batch.lock").collect()
}
