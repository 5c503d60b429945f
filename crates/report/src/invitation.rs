//! After a pass: what the reference does better, or what may fail another time, as an invitation. It never takes a point.
//!
//! It is said of work that passes, and of one thing only: the one that teaches most.

use crate::picture::{drawn_run, slow_run};
use ids::{CheckId, words::count};
use judge::record::{Record, Verdict};

/// So many times as good is worth a word.
const MUCH: f64 = 1.25;
/// So many rounds of waiting for each file show that files are read again: one round brings a file.
const AGAIN: f64 = 1.75;
/// More threads than this, and many more than the reference has, are worth a word.
const MANY_THREADS: u32 = 64;

/// What to try after a pass, in which a `static mut` counts first. `None` where the work does not pass, where it was not
/// observed, or where it does as well as the reference.
#[must_use]
pub fn invitation(record: &Record, has_static_mut: bool) -> Option<String> {
    if record.verdict != Verdict::Pass {
        return None;
    }
    if has_static_mut {
        let own = if record.checks.iter().any(|check| check.id == CheckId::Total) {
            "sum"
        } else {
            "result"
        };
        return Some(format!(
            "If you like to go on: your program has a `static mut`. If two threads change it at the same time without a \
             lock, a change can get lost, and such a program can pass many times before it fails. With `--repeat 50`, \
             your program runs 50 more times on each dataset. Could each thread return its own {own} instead?"
        ));
    }
    if let Some((run, slow)) = slow_run(record) {
        let reference = run.reference.as_ref()?.concurrency.rounds;
        return (f64::from(slow.end) > MUCH * f64::from(reference)).then(|| {
            format!(
                "If you like to go on: your program takes {} ms of the slow disk's time, and the reference {reference}. What \
                 does it wait for when it could have started the next thing?",
                slow.end
            )
        });
    }
    let (run, timeline) = drawn_run(record)?;
    let (own, reference) = (run.concurrency?, run.reference.as_ref()?.concurrency);
    if reference.effective > MUCH * own.effective {
        let waited = timeline.waited();
        if waited >= AGAIN {
            return Some(format!(
                "If you like to go on: your program has {:.2} files being read at the same time, on average, and the \
                 reference {:.2}. Your threads wait for the slow disk for {waited:.1} rounds per file, and one round is \
                 enough to read a file. Does your program read files more than once?",
                own.effective, reference.effective
            ));
        }
        return Some(format!(
            "If you like to go on: your program has {:.2} files being read at the same time, on average, and the reference \
             {:.2}. On a slow disk the reference needs {} and yours {}. What would more threads do, or a fairer share \
             of the files?",
            own.effective,
            reference.effective,
            count(reference.rounds as usize, "round"),
            own.rounds
        ));
    }
    if own.threads >= MANY_THREADS && own.threads > 4 * reference.threads {
        return Some(format!(
            "If you like to go on: your program reads with {}, and the reference with {}. To start a thread costs time \
             and memory. How would {} share out the files?",
            count(own.threads as usize, "thread"),
            reference.threads,
            count(reference.threads as usize, "thread"),
        ));
    }
    let (least, most) = timeline.share();
    (timeline.lanes.len() > 1 && most >= 2 * least.max(1)).then(|| {
        format!(
            "If you like to go on: one of your threads reads {}, and another one {least}. The program ends when the last \
             thread is done. How could each thread take the next file as soon as it is free?",
            count(most, "file")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record of this verdict, whose run and reference had so many threads that shared the files evenly.
    fn record(verdict: &str, threads: u32, reference: u32, timeline: &str) -> Record {
        let seen = |threads: u32| {
            serde_json::json!({"effective": threads, "held_max": threads, "threads": threads,
                "participation": threads, "processes": 1, "rounds": 1000 / threads})
        };
        let record = serde_json::json!({
            "schema": judge::record::SCHEMA,
            "grader": {"version": "0", "tier": "full", "observer": "seccomp-notify"},
            "exercise": "sum-of-products",
            "submission": {"id": "alice", "digest": null},
            "verdict": verdict,
            "score": null,
            "checks": [{"id": CheckId::MultiThreaded, "status": "pass", "earned": 1, "possible": 1, "message": "",
                "hint": null, "details": {}}],
            "runs": [{
                "seed": "0", "expected": "1", "answer": "1", "termination": {"kind": "exited", "code": 0},
                "files": {"expected": 1, "read": 1, "tampered": 0},
                "concurrency": seen(threads), "timeline": timeline,
                "reference": {"concurrency": seen(reference), "timeline": "0 0 0 1"}
            }],
            "faults": [],
            "replay": ""
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn only_what_passes_is_invited_and_to_one_thing() {
        let even = "0 0 0 1;1 1 0 1";
        for (verdict, threads, reference, timeline, words) in [
            (
                "pass",
                2,
                8,
                even,
                "on average, and the reference 8.00. On a slow disk the reference needs 125 rounds and yours 500.",
            ),
            (
                "pass",
                4,
                8,
                "0 0 0 1;1 1 0 1;0 0 1 2;1 1 1 2",
                "Your threads wait for the slow disk for 2.0 rounds per file, and one round is enough to read a file. \
                 Does your program read files more than once?",
            ),
            (
                "pass",
                1000,
                8,
                even,
                "reads with 1000 threads, and the reference with 8.",
            ),
            (
                "pass",
                8,
                8,
                "0 0 0 1;0 1 1 2;0 2 2 3;1 3 0 1",
                "reads 3 files, and another one 1.",
            ),
        ] {
            let said = invitation(&record(verdict, threads, reference, timeline), false).unwrap();
            assert!(said.contains(words), "{said}");
        }
        let said = invitation(&record("pass", 2, 8, even), true).unwrap();
        assert!(
            said.contains("`static mut`") && said.contains("`--repeat 50`"),
            "{said}"
        );
        assert_eq!(invitation(&record("fail", 8, 8, even), true), None);
        assert_eq!(invitation(&record("pass", 8, 8, even), false), None);
        assert_eq!(invitation(&record("fail", 2, 8, even), false), None);
        assert_eq!(invitation(&record("not-graded", 2, 8, even), false), None);
    }

    #[test]
    fn on_a_slow_disk_much_more_time_than_the_reference_is_worth_a_word() {
        let mut passed = record("pass", 2, 2, "");
        passed.checks[0].id = CheckId::Overlap;
        let run = |end: u32| crate::slow::tests::run(&format!("1 1 0 300;2 0 0 {end}"), &[]);
        passed.runs = vec![run(1126)];
        let said = invitation(&passed, false).unwrap();
        assert!(
            said.contains("takes 1126 ms") && said.contains("the reference 900"),
            "{said}"
        );
        passed.runs = vec![run(1125)];
        assert_eq!(invitation(&passed, false), None);
        let said = invitation(&passed, true).unwrap();
        assert!(said.contains("its own result"), "{said}");
    }
}
