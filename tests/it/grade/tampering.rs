//! Submissions that fake times or change the data. A fence stops them at `run`; where there is none they get
//! through, and `files-read` must report it.

use crate::support::{
    record::{record_of, statuses},
    submission,
    workspace::Workspace,
};

/// Grade without a fence; `files-read` must fail with these words, and nothing before it.
#[track_caller]
fn is_caught(name: &str, message: &str, seen: &str) {
    let workspace = Workspace::new();
    let mut command = workspace.grade();
    command
        .args(["sum-of-products", "--seed", "0", "--isolation", "none"])
        .arg(submission(name));
    let record = record_of(&mut command);
    let actual = statuses(&record);
    let status = |id: &str| &actual.iter().find(|(known, _)| known == id).unwrap().1;
    assert_eq!((&**status("build"), &**status("run")), ("pass", "pass"));
    assert_eq!(status("files-read"), "fail", "{record:#}");
    // Whether reads overlap may be an open question where files change while they are read.
    assert_ne!(record["verdict"], "pass");
    let check = &record["checks"][3];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    assert!(text(&check["message"]).contains(message), "{check:#}");
    assert!(text(&check["details"]["seen"]).contains(seen), "{check:#}");
    assert!(!text(&check["hint"]).is_empty(), "{check:#}");
    assert_ne!(record["runs"][0]["files"]["tampered"], 0);
    workspace.assert_nothing_left();
}

#[test]
fn access_times_that_were_set_without_a_read_are_caught() {
    is_caught("fakes-access-times", "not left as they were", "touched");
}

#[test]
fn access_times_that_were_set_back_are_caught() {
    is_caught("touches-after-reading", "not left as they were", "touched");
}

#[test]
fn data_that_was_written_anew_is_caught() {
    is_caught("rewrites-its-input", "not left as they were", "written to");
}

#[test]
fn data_that_was_removed_is_caught() {
    is_caught("deletes-its-input", "not left as they were", "removed");
}

#[test]
fn data_that_was_appended_to_is_caught() {
    is_caught("appends-to-data", "not left as they were", "written to");
}
