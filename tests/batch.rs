//! A whole class, end to end: the same outputs however many are graded at a time and however often it is
//! stopped; nothing graded twice without a reason; nothing believed that was touched.
//!
//! `GRADE_KILLS=20 cargo test --test batch` kills more often.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Output,
    thread,
    time::Duration,
};

use common::{course, grade, shown, submission};
use serde_json::Value;

/// Submissions of every kind that do the same each time, but for those of `POOLS`.
const CLASS: [&str; 12] = [
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
struct Class {
    dir: tempfile::TempDir,
}

impl Class {
    fn new(names: &[&str]) -> Self {
        let class = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(class.folder()).unwrap();
        for name in names {
            class.add(name, name);
        }
        class
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("class")
    }

    fn out(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn add(&self, name: &str, as_name: &str) {
        copy(&submission(name), &self.folder().join(as_name));
    }

    fn change(&self, name: &str) {
        let main = self.folder().join(name).join("src/main.rs");
        let text = fs::read_to_string(&main).unwrap();
        fs::write(main, text + "\n// changed\n").unwrap();
    }

    fn command(&self, out: &str) -> assert_cmd::Command {
        let mut command = grade();
        command
            .args(["batch", "sum-of-products"])
            .arg(self.folder())
            .arg("--out")
            .arg(self.out(out));
        command
    }

    /// A copy of the course, to change it.
    fn own_course(&self) -> PathBuf {
        let own = self.out("course");
        for part in ["exercises", "reference"] {
            copy(&course().join(part), &own.join(part));
        }
        for file in ["grader.toml", "grader.lock"] {
            fs::copy(course().join(file), own.join(file)).unwrap();
        }
        own
    }

    /// Grade into `out` on the seeds 0 and 7.
    fn batch(&self, out: &str, more: &[&str]) -> Output {
        self.command(out)
            .args(["--seed", "7"])
            .args(more)
            .output()
            .unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if entry.path().is_dir() {
            if name != "target" {
                copy(&entry.path(), &to.join(name));
            }
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// Every output that is the same each time, by name.
fn outputs(out: &Path) -> BTreeMap<String, String> {
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

fn assert_same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>, what: &str) {
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

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn says(output: &Output, words: &str) {
    let all = shown(output);
    // Lines are wrapped where they are long.
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(&all).contains(&flat(words)), "no {words:?} in:\n{all}");
}

fn record(out: &Path, id: &str) -> Value {
    let text = fs::read_to_string(out.join(format!("records/{id}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_class_is_graded_alike_at_any_number_of_jobs() {
    let class = Class::new(&CLASS);
    let mut all = Vec::new();
    for jobs in ["1", "2", "8"] {
        let output = class.batch(jobs, &["--jobs", jobs]);
        assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
        says(&output, "0 unchanged, 12 graded");
        all.push(outputs(&class.out(jobs)));
    }
    assert_same(&all[0], &all[1], "1 and 2 jobs");
    assert_same(&all[0], &all[2], "1 and 8 jobs");

    // The outputs are what they are said to be.
    let out = class.out("2");
    let schema = fs::read_to_string(course().join("schema/grade-batch-1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let batch: Value = serde_json::from_str(&all[0]["batch.json"]).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&batch)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    assert!(!validator.is_valid(&serde_json::json!({"schema": "grade-batch/1"})));
    assert_eq!(batch["seeds"], serde_json::json!(["0", "7"]));
    let records = batch["records"].as_array().unwrap();
    let ids: Vec<_> = records
        .iter()
        .map(|r| r["submission"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, CLASS);
    assert!(records.iter().all(|r| {
        r["runs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|run| run.get("usage").is_none() && run.get("timeline").is_none())
    }));
    let gradebook = &all[0]["gradebook.csv"];
    assert_eq!(gradebook.lines().count(), 13, "{gradebook}");
    assert!(gradebook.starts_with(
        "id,verdict,earned,possible,build,run,total,files-read,multi-threaded,reason\n"
    ));
    assert!(
        gradebook
            .contains("\nlines-from-zero,fail,8,10,1,1,0,2,4,total: wrong on all 2 datasets\n"),
        "{gradebook}"
    );
    let usage = fs::read_to_string(out.join("usage/correct-modules.json")).unwrap();
    assert!(usage.contains("wall_ms"), "{usage}");
    // Not every machine can observe.
    let observed = records[0]["grader"]["observer"] == "seccomp-notify";
    assert_eq!(usage.contains("\"timeline\""), observed, "{usage}");

    // Everything is answered from disk, and every report can be made again.
    let output = class.batch("2", &[]);
    says(&output, "12 unchanged, 0 graded");
    assert_eq!(all[1], outputs(&out), "graded and answered from disk");
    let report = |format: &str| {
        stdout(
            &grade()
                .args(["report", "--format", format])
                .arg(&out)
                .output()
                .unwrap(),
        )
    };
    assert_eq!(report("json"), all[1]["batch.json"]);
    assert_eq!(report("csv"), all[1]["gradebook.csv"]);
    assert!(
        report("human").contains("12 submissions, 4 passed, 8 did not pass"),
        "{}",
        report("human")
    );
    let one = grade()
        .arg("report")
        .arg(out.join("records/correct-modules.json"))
        .output()
        .unwrap();
    says(
        &one,
        "PASS sum-of-products by correct-modules: 10 of 10 points",
    );

    // But not if that is not wanted.
    let output = class.batch("2", &["--fresh"]);
    says(&output, "0 unchanged, 12 graded");
    assert_same(&all[0], &outputs(&out), "graded once and graded again");
}

#[test]
fn the_same_command_continues_after_kill_9_at_any_moment() {
    let kills = std::env::var("GRADE_KILLS").map_or(5, |text| text.parse().unwrap());
    let class = Class::new(&CLASS[..8]);
    let whole = class.batch("whole", &[]);
    assert_eq!(whole.status.code(), Some(1), "{}", shown(&whole));
    let whole = outputs(&class.out("whole"));
    // Moments are different each time anyway; what is drawn is how many records there are by then.
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut hit = 0;
    for kill in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let name = format!("killed-{kill}");
        let out = class.out(&name);
        let records = usize::try_from(random % 8).unwrap();
        let was_at_work = kill_when(
            &class,
            &name,
            records,
            Duration::from_micros(random % 150_000),
        );
        hit += usize::from(was_at_work);
        let output = class.batch(&name, &[]);
        assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
        assert_same(
            &whole,
            &outputs(&out),
            &format!("killed after {records} records"),
        );
        let left: Vec<_> = walk(&out)
            .into_iter()
            .filter(|path| path.contains(".writing-"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
    assert!(hit > 0, "no batch was at work any more when it was killed");
}

/// Start a batch and kill it some time after it has written so many records. False if it was done.
fn kill_when(class: &Class, name: &str, records: usize, then: Duration) -> bool {
    let mut child = start(class, name);
    let out = class.out(name).join("records");
    while fs::read_dir(&out).map_or(0, Iterator::count) < records
        && child.try_wait().unwrap().is_none()
    {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(then);
    let was_at_work = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    was_at_work
}

fn start(class: &Class, name: &str) -> std::process::Child {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program that is killed on the way"
    )]
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_grade"));
    command
        .args(["batch", "sum-of-products", "--seed", "7", "--quiet"])
        .arg(class.folder())
        .arg("--out")
        .arg(class.out(name))
        .current_dir(course())
        .env("GRADE_CACHE_DIR", common::cache())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap()
}

fn walk(folder: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths.extend(walk(&path));
        } else {
            paths.push(path.to_string_lossy().into_owned());
        }
    }
    paths
}

#[test]
fn seeds_are_drawn_once_for_a_batch() {
    let class = Class::new(&["correct-scoped-chunks"]);
    let seeds = || fs::read_to_string(class.out("out").join("seeds.json")).unwrap();
    let output = class.command("out").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let drawn = seeds();
    class.change("correct-scoped-chunks");
    let output = class.command("out").output().unwrap();
    says(&output, "0 unchanged, 1 graded");
    assert_eq!(seeds(), drawn);
    let other = class.batch("out", &[]);
    says(&other, "0 unchanged, 1 graded");
    assert_ne!(seeds(), drawn);
    fs::write(
        class.out("out").join("seeds.json"),
        &drawn[..drawn.len() / 2],
    )
    .unwrap();
    let output = class.command("out").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(&output, "failed to read");
}

#[test]
fn a_second_batch_into_one_folder_is_refused_and_told_who_is_there() {
    let class = Class::new(&["correct-scoped-chunks"]);
    fs::create_dir(class.out("out")).unwrap();
    let lock = class.out("out").join("batch.lock");
    fs::write(&lock, "process 7 on elsewhere since yesterday\n").unwrap();
    let file = fs::File::open(&lock).unwrap();
    file.lock().unwrap();
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(
        &output,
        "it is held by process 7 on elsewhere since yesterday",
    );
    drop(file);
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
}

#[test]
fn only_what_changed_is_graded_again_and_who_moved_is_shown() {
    let class = Class::new(&[
        "correct-modules",
        "exits-nonzero",
        "lines-from-zero",
        "correct-scoped-chunks",
    ]);
    let out = class.out("out");
    class.batch("out", &[]);
    grade::sandbox::remove_tree(&class.folder().join("lines-from-zero")).unwrap();
    class.add("correct-rayon-par-iter", "lines-from-zero");
    let output = class.batch("out", &[]);
    says(&output, "3 unchanged, 1 graded");
    says(
        &output,
        "lines-from-zero: fail 8/10 -> pass 10/10 (the submission changed)",
    );
    let kept = fs::read_to_string(out.join("previous/records/lines-from-zero.json")).unwrap();
    assert!(kept.contains("\"fail\""), "{kept}");

    // A submission that is gone is gone from the outputs, and kept.
    grade::sandbox::remove_tree(&class.folder().join("correct-scoped-chunks")).unwrap();
    let output = class.batch("out", &[]);
    says(&output, "3 unchanged, 0 graded");
    says(&output, "correct-scoped-chunks: pass 10/10 -> gone");
    assert!(
        out.join("previous/records/correct-scoped-chunks.json")
            .is_file()
    );
    assert!(
        !fs::read_to_string(out.join("gradebook.csv"))
            .unwrap()
            .contains("correct-scoped-chunks")
    );
    assert!(!out.join("previous/records/lines-from-zero.json").exists());

    // Another exercise under the same name: everybody again.
    let changed = class.own_course();
    let file = changed.join("exercises/sum-of-products/exercise.toml");
    let text = fs::read_to_string(&file).unwrap();
    let text = text
        .replace("points = 10\n", "points = 11\n")
        .replace("\"run\"\npoints = 1", "\"run\"\npoints = 2");
    fs::write(&file, text).unwrap();
    let again = |_| {
        let mut command = class.command("out");
        command.arg("--course").arg(&changed).args(["--seed", "7"]);
        command.output().unwrap()
    };
    let output = again(1);
    says(&output, "0 unchanged, 3 graded");
    says(
        &output,
        "correct-modules: pass 10/10 -> pass 11/11 (the exercise changed)",
    );
    says(&again(2), "3 unchanged, 0 graded");
}

#[test]
fn what_is_damaged_or_somebody_elses_is_noticed_and_graded_again() {
    let class = Class::new(&[
        "correct-modules",
        "lines-from-zero",
        "correct-scoped-chunks",
    ]);
    let out = class.out("out");
    class.batch("out", &[]);
    let whole = outputs(&out);
    let path = |part: &str, id: &str| out.join(format!("{part}/{id}.json"));
    let damages: [(&str, &dyn Fn()); 4] = [
        ("a better record", &|| {
            let record = path("records", "lines-from-zero");
            let text = fs::read_to_string(&record).unwrap();
            fs::write(&record, text.replace("\"fail\"", "\"pass\"")).unwrap();
        }),
        ("somebody else's record and key", &|| {
            for part in ["records", "keys"] {
                fs::copy(
                    path(part, "correct-scoped-chunks"),
                    path(part, "lines-from-zero"),
                )
                .unwrap();
            }
        }),
        ("half a key", &|| {
            let key = path("keys", "lines-from-zero");
            let text = fs::read(&key).unwrap();
            fs::write(&key, &text[..text.len() / 2]).unwrap();
        }),
        ("a record that is gone", &|| {
            fs::remove_file(path("records", "lines-from-zero")).unwrap();
        }),
    ];
    for (what, damage) in damages {
        damage();
        let output = class.batch("out", &[]);
        says(
            &output,
            "2 unchanged, 1 graded (1 damaged and made again: lines-from-zero)",
        );
        assert_same(&whole, &outputs(&out), what);
    }
}

#[test]
fn one_that_cannot_be_taken_in_has_a_record_that_says_why() {
    let class = Class::new(&["correct-scoped-chunks"]);
    let linked = class.folder().join("linked");
    copy(&submission("correct-scoped-chunks"), &linked);
    std::os::unix::fs::symlink("/etc/passwd", linked.join("src/passwd.rs")).unwrap();
    fs::create_dir(class.folder().join("no-manifest")).unwrap();
    copy(
        &submission("no-manifest"),
        &class.folder().join("no-manifest"),
    );
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    says(&output, "3 submissions, 1 passed, 2 did not pass");
    for id in ["linked", "no-manifest"] {
        let message = record(&class.out("out"), id)["checks"][0]["message"].clone();
        assert!(
            message.as_str().unwrap().starts_with("not accepted: "),
            "{message}"
        );
    }
}

#[test]
fn what_an_export_holds_is_graded_and_the_rest_is_listed() {
    let class = Class::new(&["correct-scoped-chunks"]);
    // As Moodle exports it: a folder for each student, named after them and a number.
    let folder = "Ada Lovelace_4711_assignsubmission_file_";
    copy(
        &submission("correct-modules"),
        &class.folder().join(folder).join("my-solution"),
    );
    fs::write(class.folder().join("notes.txt"), "call Ada").unwrap();
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    says(&output, "2 submissions, 2 passed");
    says(&output, "Ignored notes.txt");
    let gradebook = &outputs(&class.out("out"))["gradebook.csv"];
    assert!(gradebook.contains(",pass,10,10,"), "{gradebook}");
}

#[test]
fn machine_trouble_is_tried_once_more_and_is_never_zero_points() {
    let class = Class::new(&["correct-modules", "correct-scoped-chunks"]);
    let own_course = class.own_course();
    let settings = own_course.join("grader.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("\"32 MiB\"", "\"100 MiB\"")).unwrap();
    // The copy of this one does not fit into the largest file that this process may write; all that
    // is compiled does, and so does a copy of this program.
    fs::write(
        class.folder().join("correct-scoped-chunks/large.bin"),
        vec![7; 90 << 20],
    )
    .unwrap();
    let script = "trap '' XFSZ; ulimit -f 163840; exec \"$@\"";
    let mut limited = assert_cmd::Command::new("sh");
    limited
        .args([
            "-c",
            script,
            "sh",
            env!("CARGO_BIN_EXE_grade"),
            "batch",
            "sum-of-products",
        ])
        .args(["--seed", "7"])
        .arg(class.folder())
        .arg("--out")
        .arg(class.out("out"))
        .arg("--course")
        .arg(&own_course)
        .current_dir(course())
        .env("GRADE_CACHE_DIR", common::cache())
        .timeout(common::OUTER_LIMIT);
    // So that the limit meets the submission and not the crates.
    class.batch("warm", &[]);
    let output = limited.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    says(
        &output,
        "later  correct-scoped-chunks  once more at the end: failed to write",
    );
    says(&output, "1 passed, 1 not graded");
    says(&output, "Not graded, through no fault of theirs");
    let not_graded = record(&class.out("out"), "correct-scoped-chunks");
    assert_eq!(not_graded["verdict"], "not-graded");
    assert_eq!(not_graded["score"], Value::Null);
    assert_eq!(not_graded["faults"][0]["kind"], "disk");

    // The trouble gone, the same command grades who was left out, and nobody else.
    let output = class.batch("out", &["--course", own_course.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    says(&output, "1 unchanged, 1 graded");
    says(&output, "correct-scoped-chunks: not-graded -> pass 10/10");
}

#[test]
fn an_interrupted_batch_keeps_what_is_done_and_ends_by_the_signal() {
    use std::os::unix::process::ExitStatusExt as _;
    let class = Class::new(&[
        "correct-modules",
        "exits-nonzero",
        "never-ends",
        "correct-scoped-chunks",
    ]);
    let mut child = start(&class, "out");
    let records = class.out("out").join("records");
    // Two are done and one never ends, so it is at work now.
    while fs::read_dir(&records).map_or(0, Iterator::count) < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::sleep(Duration::from_millis(2));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(2), "{}", shown(&output));
    says(&output, "are done and kept; the same command continues");
    assert!(!class.out("out").join("batch.json").exists());
    assert!(fs::read_dir(&records).unwrap().count() >= 2);
    grade::sandbox::remove_tree(&class.folder().join("never-ends")).unwrap();
    let output = class.batch("out", &[]);
    says(&output, "3 submissions, 2 passed, 1 did not pass");
}

#[test]
fn what_makes_no_sense_is_said_before_anything_is_done() {
    let class = Class::new(&[]);
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(&output, "found no submission in");
    assert!(!class.out("out").exists());
    class.add("correct-scoped-chunks", "correct-scoped-chunks");
    let inside = class.folder().join("grades");
    let output = grade()
        .args(["batch", "sum-of-products"])
        .arg(class.folder())
        .arg("--out")
        .arg(&inside)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(&output, "it is among the submissions");
    assert!(!inside.exists());
    let output = grade().arg("report").arg(class.folder()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(&output, "failed to find a batch in");
}

#[test]
fn quiet_says_nothing_and_other_formats_are_the_files() {
    let class = Class::new(&["correct-scoped-chunks"]);
    let output = class.batch("out", &["--quiet"]);
    assert_eq!(
        (stdout(&output).as_str(), output.stderr.len()),
        ("", 0),
        "{}",
        shown(&output)
    );
    let output = class.batch("out", &["--format", "csv"]);
    assert_eq!(stdout(&output), outputs(&class.out("out"))["gradebook.csv"]);
}
