//! A submission of which one run is observed.

use super::*;

/// What an exercise asks whose answer is a total.
pub(super) fn of_totals() -> Questions {
    let mut questions = Questions::default();
    let ids = "build run total files-read multi-threaded".split(' ');
    questions
        .checks
        .extend(ids.map(|id| id.parse::<CheckId>().unwrap()));
    questions
}

/// Two runs of a program that reads two files at once; only the first one is observed.
fn one_observed() -> Evidence {
    let observed = evidence(vec![run(0, "42\n"), run(7, "42\n")]);
    let mut runs = observed.runs;
    runs[1].execution.observation = None;
    evidence(runs)
}

#[test]
fn one_observed_run_decides_whether_a_program_is_parallel() {
    let mut evidence = one_observed();
    for id in of_totals().checks {
        assert_eq!(find(&evidence, id).status, Status::Pass, "{id}");
    }
    evidence.runs.reverse();
    assert_eq!(find(&evidence, CheckId::MultiThreaded).status, Status::Pass);
    evidence.runs.truncate(1);
    assert_eq!(
        find(&evidence, CheckId::MultiThreaded).status,
        Status::Inconclusive
    );
}

#[test]
fn a_right_answer_on_new_data_without_a_read_is_the_machines_fault() {
    let mut evidence = one_observed();
    evidence.runs[1].files.read = 1;
    evidence.runs[1].files.unread = vec!["b".into()];
    let finding = find(&evidence, CheckId::FilesRead);
    assert_eq!(finding.status, Status::Inconclusive, "{finding:?}");
    // On data that everybody has, the answer may have been written down.
    evidence.runs[1].is_public = true;
    assert_eq!(find(&evidence, CheckId::FilesRead).status, Status::Fail);
    evidence.runs[1].is_public = false;
    evidence.runs[1].execution.stdout = Captured::complete("1\n");
    assert_eq!(find(&evidence, CheckId::FilesRead).status, Status::Fail);
}

#[test]
fn the_longest_stretch_of_reads_one_at_a_time_is_reported() {
    let noted = |times: &[(u32, u32)]| {
        let mut evidence = evidence(vec![run(0, "42\n")]);
        seen(&mut evidence).timeline = times
            .iter()
            .map(|&(start, end)| Access::from([0, 0, start, end]))
            .collect();
        find(&evidence, CheckId::MultiThreaded).details.more
    };
    let (three, four) = ((4, 5), (5, 8));
    assert_eq!(
        noted(&[(0, 4), (0, 4), three, four, (8, 9), (8, 12), (12, 16)]),
        ["of 7 reads in order, number 3 to 4 came one at a time"]
    );
    // Beside each of the first two the third was in flight.
    assert!(noted(&[(0, 1), (1, 2), (0, 4)]).is_empty());
    assert!(noted(&[]).is_empty());
}
