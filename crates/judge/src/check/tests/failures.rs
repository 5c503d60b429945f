//! Failures whose cause the text of the submission shows.

use super::*;

fn with_source(mut evidence: Evidence, text: &str) -> Evidence {
    evidence.source = Source::new([("src/main.rs".to_owned(), text.to_owned())]);
    evidence
}

#[test]
fn a_full_stack_is_named_with_the_call_that_may_have_filled_it() {
    let mut crashed = evidence(vec![run(0, "")]);
    crashed.runs[0].execution.termination = Termination::Signaled { signal: 11 };
    let told = |text: &str| find(&with_source(crashed.clone(), text), CheckId::Run);
    let endless = told("fn f(n: u64) -> u64 {\n    f(n + 1)\n}\nfn main() { f(0); }");
    assert_eq!(endless.diagnosis.as_deref(), Some("stack-overflow"));
    assert_eq!(endless.details.place.as_deref(), Some("src/main.rs:2:5"));
    assert!(
        endless.message.contains("its stack was full"),
        "{endless:?}"
    );
    let array = told("fn main() { let a = [0u64; 1 << 24]; }");
    assert_eq!(array.diagnosis.as_deref(), Some("stack-overflow"));
    assert_eq!(array.details.place, None);
    // Such a program has other ways to the same end.
    let other = told("fn main() { unsafe { *p = 1 } }");
    assert_eq!(other.diagnosis.as_deref(), Some("invalid-memory"));
}

#[test]
fn a_missing_file_is_no_missing_program() {
    let text = "\nthread 'main' panicked at src/main.rs:1:2:\ncalled `Result::unwrap()` on an `Err` value: \
                Os { code: 2, kind: NotFound, message: \"No such file or directory\" }\n";
    let mut crashed = evidence(vec![run(0, "")]);
    crashed.runs[0].execution.termination = Termination::Exited { code: 101 };
    crashed.runs[0].execution.stderr = Captured::complete(text);
    let told = |text: &str| {
        let finding = find(&with_source(crashed.clone(), text), CheckId::Run);
        (finding.message, finding.hint.unwrap())
    };
    let (message, hint) = told("fs::read_dir(\"/x\").unwrap()");
    assert!(
        message.ends_with("the file or folder was not found"),
        "{message}"
    );
    assert!(hint.contains("read_dir") && !hint.contains("cat"), "{hint}");
    let (message, hint) = told("Command::new(\"cat\").spawn().unwrap()");
    assert!(message.ends_with("program was not found"), "{message}");
    assert!(hint.contains("another program"), "{hint}");
}

#[test]
fn files_that_threads_had_no_time_to_read_are_no_files_that_were_not_opened() {
    let mut early = evidence(vec![run(0, "0\n"), run(7, "0\n")]);
    for run in &mut early.runs {
        run.files.read = 0;
        run.files.unread = vec!["a".into(), "b".into()];
        run.execution.observation = None;
    }
    let tasks = "#[tokio::main]\nasync fn main() {\n    tokio::spawn(async { add() });\n}";
    let finding = find(&with_source(early.clone(), tasks), CheckId::FilesRead);
    assert_eq!(finding.details.place.as_deref(), Some("src/main.rs:3:12"));
    assert!(finding.hint.unwrap().contains("`.await`"));
    // Another run than the first was observed, and shows it.
    let cut = Observation {
        files_read: 0,
        cut_off: 2,
        ..Observation::default()
    };
    early.runs[1].execution.observation = Some(Observed::Seen(Box::new(cut)));
    let hint = find(&early, CheckId::FilesRead).hint.unwrap();
    assert!(hint.contains("wait for the threads"), "{hint}");
}

#[test]
fn too_few_files_are_not_compared_by_how_many_were_read_at_once() {
    let mut few = evidence(vec![run(0, "1\n")]);
    few.runs[0].files.expected = 1000;
    few.runs[0].files.read = 480;
    few.runs[0].files.unread = vec!["a".into()];
    let mut observation = parallel();
    observation.files_read = 480;
    few.runs[0].execution.observation = Some(Observed::Seen(Box::new(observation)));
    let finding = find(
        &with_source(few, "fn main() { thread::spawn(f); }"),
        CheckId::MultiThreaded,
    );
    assert_eq!(finding.diagnosis.as_deref(), Some("too-few"));
    assert_eq!(
        finding.details.expected.as_deref(),
        Some("all 1000 files read")
    );
    assert_eq!(finding.details.seen.as_deref(), Some("480 read"));
    assert!(finding.hint.unwrap().contains("`join`"));
}
