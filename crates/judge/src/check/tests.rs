//! The checks on evidence made by hand: each answer, and that one skips the next.

mod ends;
mod failures;
mod left_out;
mod observed;
mod order;
mod output;
mod overlap;
mod recorded;
mod served;
mod slow;

use std::time::Duration;

use ids::Seed;

use self::observed::of_totals;
use super::*;
use crate::evidence::{BuildEvidence, CompileFailure, Diagnostic, Place, Refusal, RunEvidence};
use crate::source::Source;
use evidence::{
    Access, Captured, Concurrency, Execution, FilesWitness, Observation, Observed, ProcessSeen,
    Tampering, Termination, ThreadSeen, Trace, Usage,
};

/// Two files read at once, by two threads.
fn parallel() -> Observation {
    Observation {
        concurrency: Concurrency {
            effective: 2.0,
            held_max: 2,
            threads: 2,
            participation: 2.0,
            processes: 1,
            rounds: 1,
        },
        time: 4,
        files_read: 2,
        blocks_read: 8,
        blocks_brought: 8,
        threads_created: 2,
        threads: vec![
            ThreadSeen {
                files: 1,
                bytes: 57,
                ..ThreadSeen::default()
            };
            2
        ],
        processes: vec![ProcessSeen {
            blocks: 8,
            threads: 2,
        }],
        ..Observation::default()
    }
}

fn run(seed: u64, printed: &str) -> RunEvidence {
    RunEvidence {
        expected_saved: None,
        saved: None,
        slow: None,
        seed: Seed(seed),
        is_public: false,
        expected: "42".into(),
        reference_concurrency: None,
        execution: Execution {
            termination: Termination::Exited { code: 0 },
            stdout: Captured::complete(printed),
            stderr: Captured::complete(""),
            usage: Usage {
                wall: Duration::from_millis(9),
                ..Usage::default()
            },
            left_behind: 0,
            standing: Vec::new(),
            observation: Some(Observed::Seen(Box::new(parallel()))),
        },
        files: FilesWitness {
            expected: 2,
            read: 2,
            ..FilesWitness::default()
        },
    }
}

fn evidence(runs: Vec<RunEvidence>) -> Evidence {
    Evidence {
        source: Source::default(),
        left_out: Vec::new(),
        build: BuildEvidence::Built {
            warnings: 0,
            notes: Vec::new(),
        },
        runs,
    }
}

fn find(evidence: &Evidence, id: CheckId) -> Finding {
    let mut findings = run_all(&of_totals(), evidence);
    findings.retain(|finding| finding.id == id);
    findings.remove(0)
}

fn statuses(evidence: &Evidence) -> Vec<Status> {
    run_all(&of_totals(), evidence)
        .into_iter()
        .map(|finding| finding.status)
        .collect()
}

#[test]
fn good_evidence_passes_everything() {
    let evidence = evidence(vec![run(0, "42\n"), run(7, "noise\n 42 \n\n")]);
    assert_eq!(statuses(&evidence), [Status::Pass; 5]);
}

#[test]
fn what_follows_from_an_earlier_failure_is_skipped() {
    use Status::{Fail, Pass, Skipped};
    let refusal = Refusal {
        place: "Cargo.toml:1".into(),
        problem: "p".into(),
        remedy: "r".into(),
    };
    let refused = Evidence {
        source: Source::default(),
        left_out: Vec::new(),
        build: BuildEvidence::Refused(vec![refusal]),
        runs: vec![],
    };
    assert_eq!(
        statuses(&refused),
        [Fail, Skipped, Skipped, Skipped, Skipped]
    );
    assert_eq!(find(&refused, CheckId::Build).hint.as_deref(), Some("r"));

    let mut crashed = evidence(vec![run(0, "42\n"), run(1, "42\n")]);
    crashed.runs[1].execution.termination = Termination::Signaled { signal: 11 };
    assert_eq!(statuses(&crashed), [Pass, Fail, Skipped, Skipped, Skipped]);
    let finding = find(&crashed, CheckId::Run);
    assert!(
        finding
            .message
            .contains("the run on seed 1 was ended by SIGSEGV"),
        "{}",
        finding.message
    );
    assert_eq!(finding.details.seed, Some(Seed(1)));
}

#[test]
fn each_way_to_end_a_run_has_words_of_its_own() {
    let cases = [
        (Termination::Exited { code: 3 }, "exit code 3"),
        (Termination::Exited { code: 101 }, "panicked"),
        (Termination::Signaled { signal: 6 }, "SIGABRT"),
        (Termination::Signaled { signal: 64 }, "signal 64"),
        (
            Termination::NotStarted { error: 2 },
            "a loader that does not exist",
        ),
        (Termination::NotStarted { error: 5 }, "error 5"),
        (Termination::WallLimit { limit_ms: 10_000 }, "after 10 s"),
        (Termination::WallLimit { limit_ms: 1_500 }, "after 1.5 s"),
        (Termination::WallLimit { limit_ms: 10_388 }, "after 10.4 s"),
        (Termination::WallLimit { limit_ms: 10_020 }, "after 10 s"),
        (Termination::WallLimit { limit_ms: 500 }, "after 500 ms"),
        (
            Termination::OutputLimit {
                limit_bytes: 16 << 20,
            },
            "more than 16.0 MiB",
        ),
    ];
    for (termination, words) in cases {
        let mut evidence = evidence(vec![run(0, "42\n")]);
        evidence.runs[0].execution.termination = termination;
        let finding = find(&evidence, CheckId::Run);
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.message.contains(words), "{}", finding.message);
        assert!(finding.hint.is_some());
    }
}

#[test]
fn a_limit_that_is_longer_than_the_exercises_says_why() {
    let mut evidence = evidence(vec![run(0, "42\n")]);
    let noted = |evidence: &Evidence, own_ms| {
        let mut findings = run_all(&of_totals(), evidence);
        note_extended_limit(&mut findings, evidence, Duration::from_millis(own_ms));
        let more = findings
            .into_iter()
            .flat_map(|finding| finding.details.more);
        more.collect::<Vec<_>>()
    };
    assert_eq!(noted(&evidence, 1), [""; 0]);
    evidence.runs[0].execution.termination = Termination::WallLimit { limit_ms: 10_388 };
    assert_eq!(noted(&evidence, 10_388), [""; 0]);
    assert_eq!(
        noted(&evidence, 10_000),
        ["the exercise's limit is 10 s; it is longer here because the reference was slow"]
    );
}

#[test]
fn an_output_limit_names_its_stream_and_shows_a_short_excerpt() {
    let flood = Captured {
        head: "x\n".repeat(1000),
        tail: "x\n".repeat(1000),
        omitted: 16 << 20,
        is_utf8: true,
    };
    for (is_stdout, stream, hint) in [
        (true, "standard output", "print the total once"),
        (false, "standard error", "`eprintln!`"),
    ] {
        let mut evidence = evidence(vec![run(0, "42\n")]);
        let execution = &mut evidence.runs[0].execution;
        execution.termination = Termination::OutputLimit {
            limit_bytes: 16 << 20,
        };
        if is_stdout {
            execution.stdout = flood.clone();
        } else {
            execution.stderr = flood.clone();
        }
        let finding = find(&evidence, CheckId::Run);
        let words = format!("wrote more than 16.0 MiB to {stream}");
        assert!(finding.message.contains(&words), "{}", finding.message);
        assert!(finding.hint.unwrap().contains(hint));
        assert_eq!(finding.details.output.unwrap().lines().count(), 3);
    }
}

#[test]
fn the_hint_for_a_crash_follows_from_standard_error() {
    let overflow = "\nthread 'main' (7) has overflowed its stack\nfatal runtime error: stack overflow, aborting\n";
    let not_found = "called `Result::unwrap()` on an `Err` value: Os { code: 2, kind: NotFound, message: \"No such file or directory\" }";
    let (signaled, panicked) = (
        |signal| Termination::Signaled { signal },
        Termination::Exited { code: 101 },
    );
    for (termination, stderr, first, second) in [
        (signaled(6), overflow, "without end", "a large array"),
        (signaled(11), "", "`unsafe`", "without end"),
        (signaled(6), "", "`abort`", "overflowed stack"),
        (
            panicked,
            not_found,
            "the data files are in",
            "the paths that it gives",
        ),
    ] {
        let mut evidence = evidence(vec![run(0, "")]);
        evidence.runs[0].execution.termination = termination;
        evidence.runs[0].execution.stderr = Captured::complete(stderr);
        let hint = find(&evidence, CheckId::Run).hint.unwrap();
        let (one, two) = (hint.find(first), hint.find(second));
        assert!(one.is_some() && one < two, "{hint}");
    }
}

#[test]
fn what_was_built_otherwise_is_told_whether_it_compiles_or_not() {
    let note = "`rayon` is 1.12.0 instead of `1.12.1`".to_owned();
    let built = Evidence {
        source: Source::default(),
        left_out: Vec::new(),
        build: BuildEvidence::Built {
            warnings: 2,
            notes: vec![note.clone()],
        },
        runs: vec![],
    };
    let message = find(&built, CheckId::Build).message;
    assert_eq!(message, format!("it compiles, with 2 warnings; {note}"));
    let failure = CompileFailure {
        termination: Termination::Exited { code: 1 },
        diagnostics: vec![],
        other_output: String::new(),
        notes: vec![note.clone()],
    };
    let failed = Evidence {
        source: Source::default(),
        left_out: Vec::new(),
        build: BuildEvidence::Failed(failure),
        runs: vec![],
    };
    assert_eq!(find(&failed, CheckId::Build).details.more, [note]);
}

fn failed_build(codes: &[&str], place: &Place) -> Finding {
    let diagnostics = codes.iter().map(|code| Diagnostic {
        is_error: true,
        code: (!code.is_empty()).then(|| (*code).to_owned()),
        message: "m".into(),
        place: Some(place.clone()),
        rendered: "error: m".into(),
    });
    let failure = CompileFailure {
        termination: Termination::Exited { code: 1 },
        diagnostics: diagnostics.collect(),
        other_output: String::new(),
        notes: Vec::new(),
    };
    let failed = Evidence {
        source: Source::default(),
        left_out: Vec::new(),
        build: BuildEvidence::Failed(failure),
        runs: vec![],
    };
    find(&failed, CheckId::Build)
}

#[test]
fn a_code_is_explained_where_the_first_error_has_one() {
    let place = Place {
        file: "src/main.rs".into(),
        line: 3,
        column: 5,
    };
    for (codes, hint) in [
        (
            &["E0425", "E0308"][..],
            "start with the first error; `rustc --explain E0425` tells more about it",
        ),
        (&[""], "start with the first error"),
        (&["", "E0308"], "start with the first error"),
        (&["unused_must_use"], "start with the first error"),
        (&["E"], "start with the first error"),
    ] {
        let finding = failed_build(codes, &place);
        assert_eq!(finding.hint.as_deref(), Some(hint), "{codes:?}");
    }
}

#[test]
fn compile_errors_are_named_by_all_their_codes() {
    let place = Place {
        file: "src/main.rs".into(),
        line: 3,
        column: 5,
    };
    for (codes, words) in [
        (&["E0425"][..], "1 error (E0425)"),
        (&["E0425", "E0425"], "2 errors (E0425)"),
        (&["E0425", "", "E0308", "E0425"], "4 errors (E0425, E0308)"),
        (
            &["E0425", "E0308", "E0382", "E0277"],
            "4 errors (E0425, E0308, E0382 and more)",
        ),
        (&["", ""], "2 errors"),
    ] {
        let finding = failed_build(codes, &place);
        let message = format!("it does not compile: {words}");
        assert_eq!(finding.message, message);
        assert_eq!(finding.details.place.as_deref(), Some("src/main.rs:3:5"));
    }
}

#[test]
fn a_place_without_a_line_is_the_file() {
    let nowhere = Place {
        file: "src/main.rs".into(),
        line: 0,
        column: 1,
    };
    let finding = failed_build(&["E0601"], &nowhere);
    assert_eq!(finding.details.place.as_deref(), Some("src/main.rs"));
}

#[test]
fn the_hint_for_a_total_that_is_nearly_right_names_what_is_missing() {
    let cases = [
        ("41\n", "41", None),
        ("", "nothing on standard output", Some("println!")),
        (
            "Total: 42\n",
            "`Total: 42`",
            Some("the number is right, but the line"),
        ),
        ("42.0\n", "`42.0`", Some("printed as a float")),
        ("42\ndone\n", "`done`", Some("is on line 1 of the output")),
        ("\u{FFFD}4\n", "`\u{FFFD}4`", Some("not text")),
    ];
    for (printed, seen, hint) in cases {
        let finding = find(&evidence(vec![run(0, printed)]), CheckId::Total);
        assert_eq!(finding.status, Status::Fail, "{printed:?}");
        assert_eq!(finding.details.expected.as_deref(), Some("42"));
        assert_eq!(finding.details.seen.as_deref(), Some(seen));
        match hint {
            None => assert_eq!(finding.hint, None),
            Some(words) => assert!(finding.hint.unwrap().contains(words), "{printed:?}"),
        }
    }
}

#[test]
fn an_answer_right_on_some_datasets_is_called_so() {
    let finding = find(
        &evidence(vec![run(0, "42\n"), run(5, "41\n")]),
        CheckId::Total,
    );
    assert_eq!(finding.details.seed, Some(Seed(5)));
    assert!(
        finding.message.contains("wrong on 1 of 2"),
        "{}",
        finding.message
    );
    assert!(finding.hint.unwrap().contains("some datasets only"));
}

#[test]
fn unread_and_tampered_files_fail_and_are_named() {
    let mut unread = evidence(vec![run(0, "42\n")]);
    unread.runs[0].files.read = 1;
    unread.runs[0].files.unread = vec!["tmp-b.numbers".into()];
    seen(&mut unread).files_read = 1;
    let finding = find(&unread, CheckId::FilesRead);
    assert!(
        finding.message.contains("only 1 of 2"),
        "{}",
        finding.message
    );
    assert!(finding.details.seen.unwrap().contains("tmp-b.numbers"));

    for trace in [
        Trace::Removed,
        Trace::Replaced,
        Trace::Written,
        Trace::StatusChanged,
    ] {
        let mut touched = evidence(vec![run(0, "42\n")]);
        touched.runs[0].files.tampered = vec![Tampering {
            file: "tmp-a.numbers".into(),
            trace,
        }];
        let finding = find(&touched, CheckId::FilesRead);
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding
                .message
                .contains("1 data file was not left as it was"),
            "{}",
            finding.message
        );
        assert!(finding.details.seen.unwrap().contains("tmp-a.numbers"));
    }
}

#[test]
fn a_compiler_that_was_stopped_is_not_an_error_of_syntax() {
    let failure = CompileFailure {
        termination: Termination::WallLimit { limit_ms: 60_000 },
        diagnostics: vec![],
        other_output: String::new(),
        notes: Vec::new(),
    };
    let evidence = Evidence {
        source: Source::default(),
        left_out: Vec::new(),
        build: BuildEvidence::Failed(failure),
        runs: vec![],
    };
    let finding = find(&evidence, CheckId::Build);
    assert!(
        finding.message.contains("for longer than 1m"),
        "{}",
        finding.message
    );
}

/// The observation of the first run.
fn seen(evidence: &mut Evidence) -> &mut Observation {
    match &mut evidence.runs[0].execution.observation {
        Some(Observed::Seen(seen)) => seen,
        _ => panic!("not observed"),
    }
}

#[test]
fn witnesses_that_disagree_are_a_trick_or_a_fault_of_the_machine() {
    let mut hidden = evidence(vec![run(0, "42\n")]);
    hidden.runs[0].files.read = 0;
    hidden.runs[0].files.unread = vec!["a".into(), "b".into()];
    assert_eq!(
        find(&hidden, CheckId::FilesRead).status,
        Status::Inconclusive
    );
    // Unless it does not know what is in the files.
    let mut in_vain = hidden.clone();
    in_vain.runs[0].execution.stdout = Captured::complete("41\n");
    let finding = find(&in_vain, CheckId::FilesRead);
    assert_eq!(finding.status, Status::Fail);
    assert_eq!(
        finding.details.more,
        ["2 files asked for, and nothing came"]
    );
    seen(&mut hidden).attempts.no_atime = 2;
    let finding = find(&hidden, CheckId::FilesRead);
    assert_eq!(finding.status, Status::Fail);
    assert_eq!(
        finding.details.more,
        ["2 attempts to read with O_NOATIME were refused"]
    );

    let mut touched = evidence(vec![run(0, "42\n")]);
    seen(&mut touched).files_read = 1;
    assert_eq!(
        find(&touched, CheckId::FilesRead).status,
        Status::Inconclusive
    );
}

#[test]
fn to_ask_a_file_for_nothing_is_not_to_read_it_though_its_times_move() {
    let mut nothing = evidence(vec![run(0, "0\n")]);
    seen(&mut nothing).files_read = 1;
    seen(&mut nothing).files_asked_for_nothing = 1;
    let finding = find(&nothing, CheckId::FilesRead);
    assert_eq!(finding.status, Status::Fail);
    assert_eq!(
        finding.message,
        "1 data file asked for nothing, and so not read"
    );
    // Not more of them than were seen, and not in a program that knows what is in them.
    seen(&mut nothing).files_read = 0;
    let finding = find(&nothing, CheckId::FilesRead);
    assert_eq!(finding.status, Status::Inconclusive);
    seen(&mut nothing).files_read = 1;
    nothing.runs[0].execution.stdout = Captured::complete("42\n");
    let finding = find(&nothing, CheckId::FilesRead);
    assert_eq!(finding.status, Status::Inconclusive);
    // The total of one dataset may have been written down.
    nothing.runs.push(run(7131, "41\n"));
    let finding = find(&nothing, CheckId::FilesRead);
    assert_eq!(finding.status, Status::Fail);
}

#[test]
fn what_was_not_observed_is_open_and_never_failed() {
    let mut evidence = evidence(vec![run(0, "42\n")]);
    evidence.runs[0].execution.observation = None;
    assert_eq!(
        find(&evidence, CheckId::MultiThreaded).status,
        Status::Inconclusive
    );
    let reason = "no notification".to_owned();
    evidence.runs[0].execution.observation = Some(Observed::Unavailable { reason });
    let finding = find(&evidence, CheckId::MultiThreaded);
    assert_eq!(finding.status, Status::Inconclusive);
    assert!(
        finding.message.contains("no notification"),
        "{}",
        finding.message
    );
}

#[test]
fn one_serial_run_among_parallel_ones_fails() {
    let mut evidence = evidence(vec![run(0, "42\n"), run(1, "42\n")]);
    let seen = seen(&mut evidence);
    seen.concurrency.effective = 1.0;
    seen.concurrency.rounds = 2;
    seen.time = 8;
    seen.concurrency.held_max = 1;
    seen.concurrency.threads = 1;
    seen.threads_created = 0;
    let finding = find(&evidence, CheckId::MultiThreaded);
    assert_eq!(
        (finding.status, finding.details.seed),
        (Status::Fail, Some(Seed(0)))
    );
    assert!(
        finding.message.contains("one thread reads all files"),
        "{}",
        finding.message
    );
}
