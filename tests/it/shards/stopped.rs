//! Shards and merges that are stopped, at work at the same time, or repeated.

use std::{fs, os::unix::process::ExitStatusExt as _, process::Child, thread, time::Duration};

use super::class::{OF, Planned, assert_same, json, recorded};
use crate::support::{command::shown, files::remove_tree, small_course::Prints};

/// Of shard 2, in the order in which they are graded. While the second runs, the first has its record.
const STUCK: &str = "carol";

/// Let a submission run until it is stopped.
fn stick(class: &Planned) {
    class.add_main(
        STUCK,
        "fn main() { loop { std::thread::sleep(std::time::Duration::from_secs(1)); } }\n",
    );
}

/// Start shard 2, and wait until it has the record of its first submission.
fn at_work(class: &Planned) -> Child {
    let mut child = class.start_shard(2);
    let key = class.shard(2).join("keys/ada.json");
    while !key.is_file() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn nothing_is_graded_or_merged_twice() {
    let class = Planned::new();
    class.grade_shards();
    class
        .grade_shard(2)
        .code(0)
        .reports(&["3 unchanged, 0 graded"]);
    class
        .merge(&[])
        .code(1)
        .reports(&["6 records are new, 0 unchanged"]);
    let first = class.workspace.path("first");
    crate::support::files::copy_tree(&class.out(), &first);
    class
        .merge(&[])
        .code(1)
        .reports(&["0 records are new, 6 unchanged"]);
    assert_same(&class.out(), &first);
}

#[test]
fn a_shard_that_was_killed_continues_and_has_the_same_outputs() {
    let class = Planned::new();
    stick(&class);
    class.grade_shard(0).code(1);
    class.grade_shard(1).code(0);
    let mut child = at_work(&class);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(
        json(&class.shard(2).join("shard.json"))["is_complete"],
        false
    );
    class
        .merge(&[])
        .code(3)
        .notes(&[
            "shard 2/3 in",
            "2-of-3` is at work, or was stopped: it has no record of 2 submissions (`carol`, `eve`)",
            "hint: merge again when it is done; if it was stopped, `--shard 2/3` continues it",
        ])
        .reports(&["4 records are new", "2 submissions without a record"]);
    assert!(!class.out().join("accepted.json").exists());

    class.add(STUCK, Prints::Largest);
    class
        .grade_shard(2)
        .code(0)
        .reports(&["1 unchanged, 2 graded"]);
    class
        .merge(&[])
        .code(1)
        .reports(&["2 records are new, 4 unchanged"]);
    assert!(class.out().join("accepted.json").exists());
    let plan = class.out().join("plan.json");
    let mut whole = class.grade(&["batch", "largest", "class", "--out", "one", "--plan"]);
    crate::support::command::run(whole.arg(plan)).code(1);
    assert_same(&class.out(), &class.workspace.path("one"));
}

#[test]
fn a_shard_ends_by_the_signal_and_keeps_what_is_done() {
    let class = Planned::new();
    stick(&class);
    let child = at_work(&class);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(15), "{}", shown(&output));
    let text = shown(&output);
    assert!(
        text.contains("1 of 3 are done and kept; the same command continues"),
        "{text}"
    );
    assert_eq!(recorded(&class.shard(2)), ["ada"]);
    class.workspace.assert_nothing_left();
}

#[test]
fn shards_have_their_own_locks_and_a_merge_tells_who_is_at_work() {
    let class = Planned::new();
    class.grade_shards();
    class.merge(&[]).code(1);
    // Everybody has a record, and one hands in anew.
    stick(&class);
    class.add("ada", Prints::Smallest);
    let key = class.shard(2).join("keys/ada.json");
    fs::remove_file(&key).unwrap();
    let mut child = at_work(&class);
    let again = class
        .grade_shard(2)
        .refuses(2, &["a batch is at work there", "it is held by process"]);
    drop(again);
    class
        .grade_shard(0)
        .code(1)
        .reports(&["1 unchanged, 0 graded"]);
    // What the shard had before is still in the outputs.
    class
        .merge(&["--accept"])
        .code(3)
        .notes(&[
            "2-of-3` is at work, or was stopped: the record of 3 submissions (`ada`, `carol`, `eve`) may change",
            "merge again when it is done",
        ])
        .reports(&["3 submissions whose record in a shard may be newer; no grades are accepted"]);
    assert_eq!(
        json(&class.out().join("records/ada.json"))["verdict"],
        "fail"
    );
    assert!(class.out().join("previous/records/ada.json").is_file());
    child.kill().unwrap();
    child.wait().unwrap();

    class.add(STUCK, Prints::Largest);
    class
        .grade_shard(2)
        .code(1)
        .reports(&["3 unchanged, 0 graded"]);
    class
        .merge(&["--accept"])
        .code(1)
        .reports(&["ada: pass 10/10 -> fail 3/10 (the submission changed)"]);
    assert!(!class.out().join("previous").exists());
}

#[test]
fn a_merge_that_was_stopped_is_continued_and_damage_in_the_outputs_is_repaired() {
    let class = Planned::new();
    class.grade_shards();
    class.merge(&[]).code(1);
    let whole = class.workspace.path("whole");
    crate::support::files::copy_tree(&class.out(), &whole);
    let out = class.out();
    // Stopped between a record and its key; a record that the disk lost a part of; a key of another submission.
    fs::remove_file(out.join("keys/ada.json")).unwrap();
    fs::write(out.join("records/judy.json"), "{").unwrap();
    fs::copy(out.join("keys/dave.json"), out.join("keys/eve.json")).unwrap();
    fs::write(out.join(".writing-x"), "").unwrap();
    remove_tree(&out.join("usage")).unwrap();
    class
        .merge(&["--accept"])
        .code(1)
        .reports(&["3 records are new, 3 unchanged", "made again: eve, judy"]);
    assert_same(&out, &whole);
    // Where the shard is gone, what was merged stays, and what is damaged is missing.
    fs::write(out.join("records/dave.json"), "{").unwrap();
    remove_tree(&class.shard(1)).unwrap();
    class
        .merge(&[])
        .code(3)
        .notes(&["shard 1/3 is missing, with `dave`"])
        .reports(&["0 records are new, 5 unchanged"]);
    class.grade_shard(1).code(0);
    class
        .merge(&["--accept"])
        .code(1)
        .reports(&["1 record is new"]);
    assert_same(&out, &whole);
    assert_eq!(OF, 3);
}
