//! `ends`: what is cut off, left behind, or kept busy.

use super::{
    slow::{asked, fails, files, seen_of, slow_run},
    *,
};
use crate::questions::Overlap;
use evidence::ObservationLimit;

fn ends(change: impl FnOnce(&mut RunEvidence), text: &str) -> Finding {
    let questions = Questions {
        checks: vec![CheckId::Ends],
        ..Questions::default()
    };
    let mut run = slow_run(&files(&[("a", 100)]), &[[1, 0, 0, 100]]);
    change(&mut run);
    asked(&questions, vec![run], text)
}

#[test]
fn each_bad_end_has_a_name() {
    assert_eq!(ends(|_| (), "").status, Status::Pass);
    let finding = ends(|run| seen_of(run).cut_off = 2, "");
    fails(
        &finding,
        "ends-too-early",
        "while 2 files were still being read",
        "keep what `spawn`",
    );
    let finding = ends(|run| seen_of(run).cut_off = 1, "thread::spawn(f);");
    fails(
        &finding,
        "ends-too-early",
        "while 1 file was",
        "src/main.rs:1 starts something",
    );
    let finding = ends(|run| run.execution.left_behind = 1, "");
    fails(&finding, "process-left", "1 process was left", "`wait`");
    let text = "while let Err(_) = receiver.try_recv() {}";
    let finding = ends(|run| seen_of(run).spinning = 1, text);
    fails(
        &finding,
        "spins",
        "1 thread keeps a processor busy",
        "src/main.rs:1 is asked",
    );
    let finding = ends(|run| seen_of(run).spinning = 3, "");
    fails(
        &finding,
        "spins",
        "3 threads keep a processor busy",
        "some loop",
    );
}

#[test]
fn what_was_not_seen_to_its_end_is_open_unless_it_is_certain() {
    let cap = |run: &mut RunEvidence| {
        seen_of(run).capped = Some(ObservationLimit::BusyThreads { limit_ms: 9 });
    };
    assert_eq!(ends(cap, "").status, Status::Inconclusive);
    let finding = ends(
        |run| {
            cap(run);
            seen_of(run).spinning = 1;
        },
        "",
    );
    fails(&finding, "spins", "", "");
    let unobserved = |run: &mut RunEvidence| {
        let reason = "no notification".to_owned();
        run.execution.observation = Some(Observed::Unavailable { reason });
    };
    let finding = ends(unobserved, "");
    assert_eq!(finding.status, Status::Inconclusive);
    assert!(finding.message.contains("no notification"), "{finding:?}");
    let finding = ends(|run| run.execution.observation = None, "");
    assert_eq!(finding.status, Status::Inconclusive);
    let finding = ends(
        |run| {
            unobserved(run);
            run.execution.left_behind = 2;
        },
        "",
    );
    fails(&finding, "process-left", "2 processes were left", "");
}

#[test]
fn what_a_spinning_program_left_open_is_skipped_and_not_the_machines_fault() {
    use Status::{Fail, Inconclusive, Skipped};
    let [first, second] = ["a", "b"].map(|name| name.parse().unwrap());
    let questions = Questions {
        checks: vec![
            CheckId::MultiThreaded,
            CheckId::Overlap,
            CheckId::Order,
            CheckId::Ends,
        ],
        overlap: Overlap {
            between: Some([first, second]),
            ..Overlap::default()
        },
        ..Questions::default()
    };
    let statuses = |spinning: u32, cut_off: u32| -> Vec<Status> {
        let mut run = slow_run(&files(&[("a", 100), ("b", 100)]), &[[1, 0, 0, 100]]);
        let seen = seen_of(&mut run);
        seen.capped = Some(ObservationLimit::BusyThreads { limit_ms: 9 });
        (seen.spinning, seen.cut_off) = (spinning, cut_off);
        (seen.time, seen.blocks_read) = (4, 4);
        let findings = run_all(&questions, &evidence(vec![run]));
        findings.iter().map(|finding| finding.status).collect()
    };
    assert_eq!(statuses(1, 0), [Skipped, Skipped, Skipped, Fail]);
    assert_eq!(statuses(0, 0), [Inconclusive; 4]);
    // What ends too early says nothing about what was not seen.
    assert_eq!(
        statuses(0, 1),
        [Inconclusive, Inconclusive, Inconclusive, Fail]
    );
}

#[test]
fn what_chance_decides_is_skipped_where_files_were_not_read() {
    let questions = Questions {
        checks: vec![CheckId::FilesRead, CheckId::Ends],
        ..Questions::default()
    };
    let ends = |change: fn(&mut RunEvidence)| {
        let mut run = slow_run(&files(&[("a", 100)]), &[]);
        run.files.read = 0;
        run.files.unread = vec!["a".into()];
        run.is_public = true;
        change(&mut run);
        let findings = run_all(&questions, &evidence(vec![run]));
        assert_eq!(findings[0].status, Status::Fail, "{findings:?}");
        findings[1].clone()
    };
    // Whether the thread had begun to read when the program ended makes no difference.
    for finding in [ends(|_| ()), ends(|run| seen_of(run).cut_off = 1)] {
        assert_eq!(finding.status, Status::Skipped, "{finding:?}");
        assert!(finding.message.contains("`files-read`"), "{finding:?}");
    }
    let spins = ends(|run| seen_of(run).spinning = 1);
    assert_eq!(spins.status, Status::Fail, "{spins:?}");
}
