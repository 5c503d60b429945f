//! A class that a real Slurm grades: tasks are killed, run into their time limit and are queued again, and the outputs
//! are those of one machine.
//!
//! `tests/slurm/start` starts the cluster. The tests that need it are ignored by default, because they need root and
//! install Slurm.

mod cluster;
mod submitted;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroU32,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use grade::batch::Shard;
use rustix::process::{Signal, kill_process};
use walkdir::WalkDir;

use self::cluster::{Cluster, grader, stdout};
use crate::support::{command::shown, small_course::Prints};

const PARTS: NonZeroU32 = NonZeroU32::new(4).unwrap();
const SIZE: usize = 60;
/// How many submissions of one part never end, so that the part takes longer than its job may.
const SLOW: usize = 9;
const NEVER_ENDS: &str = "fn main() { std::thread::sleep(std::time::Duration::from_secs(1000)); }";
const NO_TYPE: &str = "fn main() { let number: u8 = \"one\"; println!(\"{number}\"); }";
const PANICS: &str = "fn main() { panic!(\"on purpose\"); }";

/// The part whose program is killed, and the one that runs into its time limit.
const KILLED: u32 = 0;
const STOPPED: u32 = 1;

/// A class with `each` submissions in each part: right, wrong and broken ones, and in one part `slow` that never end.
fn make_class(cluster: &Cluster, parts: NonZeroU32, each: usize, slow: usize) {
    let mut sizes = vec![0_usize; parts.get() as usize];
    for number in 0_usize.. {
        if sizes.iter().all(|size| *size == each) {
            break;
        }
        let name = format!("student-{number:03}");
        let part = Shard::holding(&name.parse().unwrap(), parts).index();
        let size = &mut sizes[part as usize];
        if *size == each {
            continue;
        }
        *size += 1;
        let is_slow = part == STOPPED && *size <= slow;
        match number % 5 {
            _ if is_slow => cluster.student(&name, Some(NEVER_ENDS), Prints::Nothing),
            0 => cluster.student(&name, Some(NO_TYPE), Prints::Nothing),
            1 => cluster.student(&name, Some(PANICS), Prints::Nothing),
            2 => cluster.student(&name, None, Prints::Smallest),
            _ => cluster.student(&name, None, Prints::Largest),
        }
    }
}

/// What is done, by name, with what changes when a record is written again.
type Done = BTreeMap<String, (u64, i64, i64)>;

/// The submissions in an output folder that are done: each has a record with its key.
fn done(out: &Path) -> Done {
    let Ok(keys) = fs::read_dir(out.join("keys")) else {
        return BTreeMap::new();
    };
    let records = keys.filter_map(|key| {
        let name = key.unwrap().file_name();
        let record = fs::metadata(out.join("records").join(&name)).ok()?;
        let written = (record.ino(), record.mtime(), record.mtime_nsec());
        Some((name.into_string().unwrap(), written))
    });
    records.collect()
}

/// What a batch is judged by, by path.
fn outputs(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let kept = ["batch.json", "gradebook.csv", "records", "keys"];
    let all = kept.iter().flat_map(|name| WalkDir::new(out.join(name)));
    let files = all
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file());
    files
        .map(|file| {
            let path = file.path().strip_prefix(out).unwrap().to_path_buf();
            (path, fs::read(file.path()).unwrap())
        })
        .collect()
}

/// Submit the class with these options of `sbatch`, and return the numbers of the array and of the merge.
fn submit(cluster: &Cluster, out: &Path, parts: NonZeroU32, options: &[&str]) -> [String; 2] {
    let mut slurm = cluster.grade("slurm");
    slurm.args(["largest", "--submit", "--shards"]);
    slurm.arg(parts.to_string()).arg("--out").arg(out);
    slurm.arg(cluster.class()).arg("--").args(options);
    let output = slurm.output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let text = stdout(&output);
    cluster.say(&text);
    let jobs = text.split("job ").skip(1);
    let numbers = jobs.map(|text| text.chars().take_while(char::is_ascii_digit).collect());
    let numbers: Vec<String> = numbers.collect();
    numbers.try_into().unwrap()
}

/// Kill the program of one part while it grades, and wait for the end of the merge. Returns how that ended, and what was
/// done of a part when it was stopped for the first time.
fn disturb(cluster: &Cluster, out: &Path, merge: &str) -> (String, BTreeMap<u32, Done>) {
    let mut killed = false;
    let mut kept = BTreeMap::new();
    let end = cluster.wait_for_end(merge, || {
        let records = done(&part(out, KILLED)).len();
        if !killed
            && records >= 3
            && let Some(process) = grader(out, &format!("{KILLED}/{PARTS}"))
        {
            kill_process(process, Signal::KILL).unwrap();
            killed = true;
            cluster.say(&format!(
                "SIGKILL to the program of part {KILLED}, which has {records} records"
            ));
        }
        for (index, status) in [(KILLED, 137), (STOPPED, 143)] {
            let words = format!("exit status {status}");
            if !kept.contains_key(&index) && log(out, index).contains(&words) {
                let done = done(&part(out, index));
                cluster.say(&format!(
                    "part {index} was stopped with {words}; {} records are kept",
                    done.len()
                ));
                kept.insert(index, done);
            }
        }
    });
    (end, kept)
}

fn part(out: &Path, index: u32) -> PathBuf {
    part_of(out, index, PARTS)
}

fn part_of(out: &Path, index: u32, parts: NonZeroU32) -> PathBuf {
    Shard::new(index, parts).unwrap().within(out)
}

/// What the task of a part has printed.
fn log(out: &Path, index: u32) -> String {
    fs::read_to_string(out.join(format!("slurm/shard-{index}.log"))).unwrap_or_default()
}

/// Nothing that was done when a part was stopped was graded again.
fn assert_nothing_was_graded_twice(cluster: &Cluster, part: &Path, size: usize, before: &Done) {
    let after = done(part);
    let is_other =
        |(name, written): &(&String, &(u64, i64, i64))| after.get(*name) != Some(*written);
    let again = before.iter().filter(is_other).count();
    let made = after.len() - before.len();
    cluster.say(&format!(
        "{}: {} were done when it was stopped, {again} of them were graded again, {made} were graded afterwards",
        part.file_name().unwrap().display(),
        before.len()
    ));
    assert!(
        !before.is_empty() && made > 0,
        "{} was not stopped midway",
        part.display()
    );
    assert_eq!((again, after.len()), (0, size));
}

/// The same class by the same plan on one machine gives the same bytes.
fn assert_as_on_one_machine(cluster: &Cluster, out: &Path) {
    let one = cluster.out("one machine");
    let mut batch = cluster.grade("batch");
    batch.args(["largest", "--exit-zero", "--quiet"]);
    batch.arg(cluster.class()).arg("--out").arg(&one);
    batch.arg("--plan").arg(out.join("plan.json"));
    let output = batch.output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let (merged, expected) = (outputs(out), outputs(&one));
    let paths = expected.keys().chain(merged.keys());
    let different: BTreeSet<_> = paths
        .filter(|path| merged.get(*path) != expected.get(*path))
        .collect();
    assert!(different.is_empty(), "not as on one machine: {different:?}");
    assert_eq!(merged.len(), 2 + 2 * SIZE);
    let bytes: usize = merged.values().map(Vec::len).sum();
    cluster.say(&format!(
        "equal to one machine: {} files, {bytes} bytes",
        merged.len()
    ));
}

#[test]
#[ignore = "needs root, and installs Slurm"]
fn a_class_whose_jobs_are_killed_and_stopped_is_graded_as_on_one_machine() {
    let cluster = Cluster::start(true);
    make_class(&cluster, PARTS, SIZE / 4, SLOW);
    let out = cluster.out("cluster");
    // Slurm looks for time limits twice a minute, and sends the signal after 10 to 40 seconds.
    let limit = ["--time=1", "--signal=B:TERM@20"];
    let [array, merge] = submit(&cluster, &out, PARTS, &limit);
    let (end, kept) = disturb(&cluster, &out, &merge);
    for index in 0..PARTS.get() {
        cluster.say(&log(&out, index));
    }
    cluster.say(&fs::read_to_string(out.join("slurm/merge.log")).unwrap());
    let tasks = cluster.job(&array);
    for task in &tasks {
        let words = [
            "ArrayTaskId",
            "JobState",
            "Restarts",
            "ExitCode",
            "RunTime",
            "NodeList",
        ];
        let words = words.map(|word| format!("{word}={}", task[word]));
        cluster.say(&format!("scontrol: JobId={array} {}", words.join(" ")));
        assert_eq!(task["JobState"], "COMPLETED", "{task:?}");
    }
    cluster.say(&format!("scontrol: JobId={merge} JobState={end}"));
    assert_eq!((end.as_str(), tasks.len()), ("COMPLETED", 4));
    for index in [KILLED, STOPPED] {
        assert_ne!(tasks[index as usize]["Restarts"], "0");
        assert_nothing_was_graded_twice(&cluster, &part(&out, index), SIZE / 4, &kept[&index]);
    }
    assert_as_on_one_machine(&cluster, &out);
}

/// Also, `grade doctor` in a job says what Slurm gave to it.
#[test]
#[ignore = "needs root, and installs Slurm"]
fn a_cancelled_task_of_root_is_not_queued_again_and_the_merge_says_who_is_missing() {
    let cluster = Cluster::start(false);
    make_class(&cluster, PARTS, SIZE / 4, SLOW);
    let doctor = cluster.path("grades/doctor.log");
    let wrapped = format!(
        "--wrap={} doctor --course {}",
        cluster.path("grade").display(),
        cluster.course.root.display()
    );
    let job = cluster.ask(
        "sbatch",
        &["--parsable", "--output", doctor.to_str().unwrap(), &wrapped],
    );
    assert_eq!(cluster.wait_for_end(job.trim(), || ()), "COMPLETED");
    let text = fs::read_to_string(doctor).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("batch job"))
        .unwrap();
    cluster.say(line);
    let expected = format!(
        "Slurm {}: 1 processor, 2048 MiB of memory; `--jobs` is 1",
        job.trim()
    );
    assert!(line.contains(&expected), "{line}");

    let out = cluster.out("cluster");
    let mut slurm = cluster.grade("slurm");
    slurm
        .args(["largest", "--shards", "4", "--out"])
        .arg(&out)
        .arg(cluster.class());
    let output = slurm.output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let script = |name: &str| out.join("slurm").join(name).to_str().unwrap().to_owned();
    let submit = |options: &[&str], name: &str| {
        let job = cluster.ask(
            "sbatch",
            &[&["--parsable"], options, &[&script(name)]].concat(),
        );
        job.trim().to_owned()
    };
    let array = submit(&["--array=1"], "shard.sh");
    let folder = part(&out, STOPPED);
    cluster.wait_for("a record", || (!done(&folder).is_empty()).then_some(()));
    cluster.ask("scancel", &[&format!("{array}_{STOPPED}")]);
    assert_eq!(cluster.wait_for_end(&array, || ()), "CANCELLED");
    let task = cluster.job(&array).remove(0);
    cluster.say(&format!(
        "part {STOPPED} was cancelled: JobState={} Restarts={}",
        task["JobState"], task["Restarts"]
    ));
    assert_eq!(task["Restarts"], "0");

    let merge = submit(&[], "merge.sh");
    assert_eq!(cluster.wait_for_end(&merge, || ()), "FAILED");
    let log = fs::read_to_string(script("merge.log")).unwrap();
    cluster.say(&log);
    assert!(log.contains("0/4"), "{log}");
}

#[test]
#[ignore = "needs root, and installs Slurm"]
fn what_a_node_that_dies_was_grading_is_graded_by_another_one() {
    let cluster = Cluster::start(true);
    let parts = NonZeroU32::new(2).unwrap();
    make_class(&cluster, parts, 6, 3);
    let out = cluster.out("cluster");
    let [array, merge] = submit(&cluster, &out, parts, &[]);
    let part = part_of(&out, STOPPED, parts);
    cluster.wait_for("a record", || (!done(&part).is_empty()).then_some(()));
    let task = cluster.job(&array).remove(STOPPED as usize);
    cluster.kill_node(&task["NodeList"], &task["JobId"]);
    let before = done(&part);
    cluster.say(&format!(
        "node {} died, with {} records of part {STOPPED}",
        task["NodeList"],
        before.len()
    ));
    let end = cluster.wait_for_end(&merge, || ());
    cluster.say(&log(&out, STOPPED));
    assert_eq!(end, "COMPLETED");
    let again = cluster.job(&array).remove(STOPPED as usize);
    assert_ne!(again["NodeList"], task["NodeList"]);
    assert_nothing_was_graded_twice(&cluster, &part, 6, &before);
}
