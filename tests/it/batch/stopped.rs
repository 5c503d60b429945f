//! A batch that is stopped, at any moment and in any way, continues.

use std::{fs, path::Path, thread, time::Duration};

use super::class::{CLASS, Class, assert_same, outputs, says, start, stdout};
use crate::support::{
    command::{grade, shown},
    files::remove_tree,
};

#[test]
fn the_same_command_continues_after_kill_9_at_any_moment() {
    let kills = std::env::var("GRADE_KILLS").map_or(2, |text| text.parse().unwrap());
    let class = Class::new(&CLASS[..8]);
    let whole = class.batch("whole", &[]);
    assert_eq!(whole.status.code(), Some(1), "{}", shown(&whole));
    let whole = outputs(&class.out("whole"));
    // Moments are different each time anyway; what is drawn is how many records there are by then.
    let mut random = 0x8CB9_2BA7_2F3D_8DD7_u64;
    let mut hit = 0;
    let mut kept = 0;
    for kill in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let name = format!("killed-{kill}");
        let out = class.out(&name);
        let records = usize::try_from(random % 8).unwrap();
        // Some are given their seeds, and some draw them.
        let seeds: &[&str] = if kill % 2 == 0 { &["--seed", "7"] } else { &[] };
        let then = Duration::from_micros(random % 150_000);
        let was_at_work = kill_when(&class, &name, seeds, records, then);
        hit += usize::from(was_at_work);
        // Only a record with its key was done.
        let done = fs::read_dir(out.join("keys")).map_or(0, |keys| {
            let names = keys.map(|key| key.unwrap().file_name());
            names
                .filter(|key| out.join("records").join(key).is_file())
                .count()
        });
        let drawn = fs::read(out.join("seeds.json")).ok();
        kept += usize::from(drawn.is_some() && seeds.is_empty());

        let output = class.command(&name).args(seeds).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
        says(&output, &format!("{done} unchanged, {} graded", 8 - done));
        if let Some(drawn) = drawn {
            assert_eq!(fs::read(out.join("seeds.json")).unwrap(), drawn);
        }
        if seeds.is_empty() {
            assert_same_seeds(&out);
        } else {
            let what = format!("killed after {records} records");
            assert_same(&whole, &outputs(&out), &what);
        }
        let left: Vec<_> = walk(&out)
            .into_iter()
            .filter(|path| path.contains(".writing-"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
    assert!(hit > 0, "no batch was at work any more when it was killed");
    assert!(kept > 0, "no batch had drawn seeds when it was killed");
}

/// Every submission was graded on the seeds of the batch.
fn assert_same_seeds(out: &Path) {
    let text = fs::read_to_string(out.join("batch.json")).unwrap();
    let batch: serde_json::Value = serde_json::from_str(&text).unwrap();
    let seeds = batch["seeds"].as_array().unwrap();
    assert_eq!(seeds.len(), 3);
    let mut all = 0;
    for record in batch["records"].as_array().unwrap() {
        let runs = record["runs"].as_array().unwrap();
        let ran: Vec<_> = runs.iter().map(|run| run["seed"].clone()).collect();
        // One that fails runs no further.
        assert!(seeds.starts_with(&ran), "{ran:?} of {seeds:?}");
        all += usize::from(ran.len() == seeds.len());
    }
    assert!(all > 0, "no submission ran on all seeds");
}

/// Start a batch and kill it some time after it has written so many records. False if it was done.
fn kill_when(class: &Class, name: &str, seeds: &[&str], records: usize, then: Duration) -> bool {
    let mut child = start(class, name, seeds);
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

#[test]
fn a_regrading_that_was_stopped_does_not_mix_old_records_with_new_ones() {
    let class = Class::new(&["correct-modules", "correct-scoped-chunks", "exits-nonzero"]);
    class.add("correct-modules", "zoe");
    let out = class.out("out");
    class.batch("out", &[]);
    kill_before_the_third(&class, &["--seed", "8"]);

    let report = |format: &str| {
        let mut command = grade();
        command.args(["report", "--format", format]).arg(&out);
        command.output().unwrap()
    };
    says(&report("human"), "2 of 4 submissions so far");
    says(&report("csv"), "2 of 4 so far");
    let batch: serde_json::Value = serde_json::from_str(&stdout(&report("json"))).unwrap();
    assert_eq!(batch["seeds"], serde_json::json!(["0", "8"]));
    let records = batch["records"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(record["runs"][1]["seed"], "8");
    }
    // Nothing of the others is lost: on the first data they are answered as before.
    says(&class.batch("out", &[]), "2 unchanged, 2 graded");
    assert!(out.join("previous/records/correct-modules.json").is_file());
}

#[test]
fn grading_the_whole_class_again_continues_after_a_kill() {
    let class = Class::new(&["correct-modules", "correct-scoped-chunks", "exits-nonzero"]);
    class.add("correct-modules", "zoe");
    let out = class.out("out");
    says(&class.batch("out", &[]), "0 unchanged, 4 graded");
    let whole = outputs(&out);
    // By the same command, and by one without `--fresh`.
    for continued in [&["--fresh"][..], &[]] {
        kill_before_the_third(&class, &["--seed", "7", "--fresh"]);
        let report = grade().arg("report").arg(&out).output().unwrap();
        says(&report, "2 of 4 submissions so far");
        says(&class.batch("out", continued), "2 unchanged, 2 graded");
        assert_same(&whole, &outputs(&out), "the whole class again");
        says(&class.batch("out", &[]), "4 unchanged, 0 graded");
    }
}

/// Start a batch of one worker that grades two anew, and kill it at `exits-nonzero`, the third, which never
/// ends until then.
fn kill_before_the_third(class: &Class, more: &[&str]) {
    let third = class.folder().join("exits-nonzero");
    remove_tree(&third).unwrap();
    class.add("never-ends", "exits-nonzero");
    let keys = class.out("out").join("keys");
    let key = |id: &str| {
        use std::os::unix::fs::MetadataExt as _;
        let key = fs::metadata(keys.join(format!("{id}.json")));
        key.ok().map(|key| (key.ino(), key.mtime_nsec()))
    };
    let ids = ["correct-modules", "correct-scoped-chunks"];
    let before = ids.map(key);
    let mut child = start(class, "out", &[more, &["--jobs", "1"]].concat());
    let is_new = |at: usize| key(ids[at]).is_some_and(|key| Some(key) != before[at]);
    while !(is_new(0) && is_new(1)) {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    remove_tree(&third).unwrap();
    class.add("exits-nonzero", "exits-nonzero");
}

fn walk(folder: &Path) -> Vec<String> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| !entry.file_type().is_dir())
        .map(|entry| entry.path().to_string_lossy().into_owned())
        .collect()
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
fn a_second_batch_into_one_folder_is_refused_with_the_name_of_the_first() {
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
fn an_interrupted_batch_keeps_what_is_done_and_ends_by_the_signal() {
    use std::os::unix::process::ExitStatusExt as _;
    let class = Class::new(&[
        "correct-modules",
        "exits-nonzero",
        "never-ends",
        "correct-scoped-chunks",
    ]);
    let mut child = start(&class, "out", &["--seed", "7"]);
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
    let done = fs::read_dir(&records).unwrap().count();
    assert!(done >= 2);
    // What is there can be shown.
    let report = |format: &str| {
        let mut command = grade();
        command.args(["report", "--format", format]);
        command.arg(class.out("out")).output().unwrap()
    };
    says(&report("human"), &format!("{done} of 4 submissions so far"));
    says(&report("csv"), &format!("{done} of 4 so far"));
    assert_eq!(stdout(&report("csv")).lines().count(), done + 1);
    let batch: serde_json::Value = serde_json::from_str(&stdout(&report("json"))).unwrap();
    assert_eq!(batch["class"]["size"], 4);
    assert_eq!(batch["records"].as_array().unwrap().len(), done);
    remove_tree(&class.folder().join("never-ends")).unwrap();
    let output = class.batch("out", &[]);
    says(&output, "3 submissions, 2 passed, 1 did not pass");
}
