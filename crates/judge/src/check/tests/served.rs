//! Files that come from a server: they have no times on a disk, and the observer alone sees who asks for them.

use super::{
    slow::{asked, fails, files, seen_of, slow_run},
    *,
};
use crate::questions::{AtOnce, Overlap};
use evidence::ObservationLimit;

/// A run with a list on the disk and two files of a server; the reads are as in [`slow_run`].
fn served(reads: &[[u32; 4]]) -> RunEvidence {
    let slow = files(&[("photo-0.bin", 300), ("photo-1.bin", 900), ("urls.txt", 4)]);
    let mut run = slow_run(&slow, reads);
    run.files = FilesWitness {
        expected: 1,
        read: 1,
        ..FilesWitness::default()
    };
    run
}

const LIST: [u32; 4] = [1, 2, 0, 4];
const FIRST: [u32; 4] = [2, 0, 4, 304];
const SECOND: [u32; 4] = [3, 1, 4, 904];

fn files_read(run: RunEvidence) -> Finding {
    let questions = Questions {
        checks: vec![CheckId::FilesRead],
        ..Questions::default()
    };
    asked(&questions, vec![run], "")
}

#[test]
fn every_file_of_the_server_is_to_be_asked_for() {
    let all = files_read(served(&[LIST, FIRST, SECOND]));
    assert_eq!(all.status, Status::Pass, "{all:?}");
    assert_eq!(all.message, "all 3 files were read and left as they were");
    let left = files_read(served(&[LIST, FIRST]));
    fails(&left, "files-left-out", "only 2 of 3 files came", "");
    let seen = left.details.seen.unwrap();
    assert!(seen.contains("photo-1.bin"), "{seen}");
}

#[test]
fn a_request_that_the_end_cut_off_was_not_waited_for() {
    let mut run = served(&[LIST, FIRST]);
    seen_of(&mut run).cut_off = 1;
    let finding = files_read(run);
    fails(
        &finding,
        "files-left-out",
        "only 2 of 3",
        "wait for the threads",
    );
    assert_eq!(
        finding.details.more,
        ["1 read cut off by the end of the program"]
    );
}

#[test]
fn requests_that_were_not_observed_to_the_end_are_left_open() {
    let mut capped = served(&[LIST, FIRST]);
    seen_of(&mut capped).capped = Some(ObservationLimit::HeldTooLong { limit_ms: 1000 });
    assert_eq!(files_read(capped).status, Status::Inconclusive);
    let mut unseen = served(&[LIST, FIRST, SECOND]);
    unseen.execution.observation = None;
    assert_eq!(files_read(unseen).status, Status::Inconclusive);
}

#[test]
fn who_asks_the_server_for_nothing_is_not_told_of_turns() {
    let questions = Questions {
        checks: vec![CheckId::Overlap],
        overlap: Overlap {
            at_once: Some(AtOnce::Number(2)),
            ..Overlap::default()
        },
        ..Questions::default()
    };
    let none = asked(&questions, vec![served(&[LIST])], "");
    fails(&none, "no-slow-read", "there was no request", "server");
    let turns = [LIST, FIRST, [3, 1, 304, 1204]];
    let turns = asked(&questions, vec![served(&turns)], "");
    fails(&turns, "serialised", "only one request waits at a time", "");
}
