//! Runs on a slow disk, made by hand: when each file was read and each line was printed.

use super::*;
use crate::evidence::SlowFiles;
use evidence::{Printed, TimeUnit};

/// The files of a dataset and their latencies.
pub(super) fn files(latencies: &[(&str, u32)]) -> SlowFiles {
    let own = |&(name, latency): &(&str, u32)| (name.to_owned(), latency);
    SlowFiles {
        files: latencies.iter().map(own).collect(),
    }
}

/// A run whose reads were: thread, file, start and end of each. Each thread is created but the first.
pub(super) fn slow_run(slow: &SlowFiles, reads: &[[u32; 4]]) -> RunEvidence {
    let mut timeline: Vec<Access> = reads.iter().map(|&read| Access::from(read)).collect();
    timeline.sort_by_key(|read| read.end);
    let time = timeline.iter().map(|read| read.end).max().unwrap_or(0);
    let ids = |of: fn(&Access) -> u32| -> u32 {
        let mut all: Vec<u32> = timeline.iter().map(of).collect();
        all.sort_unstable();
        all.dedup();
        u32::try_from(all.len()).unwrap()
    };
    let (threads, read) = (ids(|read| read.thread), ids(|read| read.file));
    let waited: u32 = timeline.iter().map(|read| read.end - read.start).sum();
    let count = slow.files.len();
    let seen = Observation {
        concurrency: Concurrency {
            effective: f64::from(waited) / f64::from(time.max(1)),
            threads,
            processes: 1,
            rounds: time,
            ..Concurrency::default()
        },
        unit: TimeUnit::Millisecond,
        time,
        files_read: read,
        threads_created: threads.saturating_sub(1),
        threads_at_once: threads,
        threads: vec![
            ThreadSeen {
                files: 1,
                ..ThreadSeen::default()
            };
            threads as usize
        ],
        timeline,
        ..Observation::default()
    };
    let mut slow_run = run(7131, "");
    slow_run.execution.observation = Some(Observed::Seen(Box::new(seen)));
    slow_run.slow = Some(slow.clone());
    slow_run.files = FilesWitness {
        expected: count,
        read: read as usize,
        ..FilesWitness::default()
    };
    slow_run
}

/// What was seen of a run.
pub(super) fn seen_of(run: &mut RunEvidence) -> &mut Observation {
    match &mut run.execution.observation {
        Some(Observed::Seen(seen)) => seen,
        _ => panic!("not observed"),
    }
}

/// Print these lines at these times.
pub(super) fn print(run: &mut RunEvidence, lines: &[(u32, &str)]) {
    let mut text = String::new();
    let mut printed = Vec::new();
    for (time, line) in lines {
        text.push_str(line);
        text.push('\n');
        printed.retain(|entry: &Printed| entry.time != *time);
        printed.push(Printed {
            time: *time,
            bytes: text.len() as u64,
        });
    }
    run.execution.stdout = Captured::complete(&text);
    // What came after the last move of the clock has no entry.
    let seen = seen_of(run);
    printed.retain(|entry| entry.time < seen.time);
    seen.printed = printed;
}

/// The only finding of an exercise with one check.
pub(super) fn asked(questions: &Questions, runs: Vec<RunEvidence>, text: &str) -> Finding {
    let mut evidence = evidence(runs);
    evidence.source = Source::new([("src/main.rs".to_owned(), text.to_owned())]);
    let mut findings = run_all(questions, &evidence);
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

/// That a finding is a failure of this name, and says this in its message or in its hint.
#[track_caller]
pub(super) fn fails(finding: &Finding, name: &str, message: &str, hint: &str) {
    assert_eq!(finding.status, Status::Fail, "{finding:#?}");
    assert_eq!(finding.diagnosis.as_deref(), Some(name), "{finding:#?}");
    assert!(finding.message.contains(message), "{finding:#?}");
    let said = finding.hint.as_deref().unwrap_or_default();
    assert!(said.contains(hint), "{finding:#?}");
    assert!(finding.details.expected.is_some() && finding.details.seen.is_some());
}
