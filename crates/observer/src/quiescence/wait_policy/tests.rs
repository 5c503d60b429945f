//! How long the detector waits for a thread, case by case.

use super::*;

const MS: Duration = Duration::from_millis(1);

fn at(step: u32) -> Epoch {
    Epoch { step, activity: 7 }
}

fn used(ms: u32) -> CpuUsage {
    CpuUsage {
        cpu_time: ms * MS,
        slices: 1,
    }
}

/// The thread runs for so many milliseconds in a step. Returns whether the detector still waits for it afterwards.
fn run(policy: &mut WaitPolicy, step: u32, ms: u32) -> bool {
    policy.should_wait_for_running(1, used(1000 * step), at(step));
    policy.should_wait_for_running(1, used(1000 * step + ms), at(step))
}

#[test]
fn a_thread_that_spins_and_never_reads_is_waited_for_once() {
    let mut policy = WaitPolicy::default();
    assert!(policy.should_wait_for_running(1, used(0), at(0)));
    assert!(run(&mut policy, 0, 49));
    assert!(!run(&mut policy, 0, 50));
    policy.mark_skipped(&[1, 2]);
    assert_eq!(policy.wait(1), Wait::Never);
    assert_eq!(policy.wait(2), Wait::UntilBudget);
}

#[test]
fn threads_that_have_not_read_share_what_they_get() {
    let mut policy = WaitPolicy::default();
    let mut left = |tid, ms| {
        policy.should_wait_for_running(tid, used(0), at(0));
        policy.should_wait_for_running(tid, used(ms), at(0))
    };
    assert!(left(1, 49));
    for tid in 2..=100 {
        left(tid, 0);
    }
    assert!(left(100, 19));
    assert!(!left(100, 20));
    policy.on_read(100);
    assert!(policy.should_wait_for_running(100, used(1049), at(1)));
    assert!(policy.should_wait_for_running(100, used(1098), at(1)));
}

#[test]
fn where_several_read_a_bystander_may_be_a_dispatcher() {
    let mut policy = WaitPolicy::default();
    policy.on_read(2);
    assert!(!run(&mut policy, 0, 50));
    policy.mark_skipped(&[1]);
    assert_eq!(policy.wait(1), Wait::Never);
    policy.on_read(3);
    assert_eq!(policy.wait(1), Wait::OneSlice);
    let mut asks = |ms, slices, running, activity| {
        let epoch = Epoch { step: 1, activity };
        let usage = CpuUsage { slices, ..used(ms) };
        policy.should_wait_for_dispatcher(1, usage, running, epoch)
    };
    // What it did before the others came to rest does not count. Two threads share the time of their process.
    assert!(asks(100, 1, 1, 1) && asks(101, 1, 1, 1) && !asks(102, 1, 1, 1));
    assert!(asks(102, 1, 2, 2) && asks(105, 1, 2, 2) && !asks(106, 1, 2, 2));
    // It yields, and other threads run.
    assert!(asks(106, 1, 1, 3) && asks(106, 8, 1, 3) && !asks(106, 9, 1, 3));
    policy.stop_waiting_for_dispatchers();
    assert_eq!(policy.wait(1), Wait::Never);
}

#[test]
fn a_bystander_that_sleeps_is_waited_for_until_it_has_often_handed_out_nothing() {
    let mut policy = WaitPolicy::default();
    policy.on_read(2);
    policy.on_read(3);
    assert!(!run(&mut policy, 0, 50));
    policy.mark_skipped(&[1]);
    assert!(policy.may_be_dispatcher(1));
    let sleeps = |policy: &mut WaitPolicy, slice: u32| {
        let now = slice * 10 * MS;
        let epoch = Epoch {
            step: 9,
            activity: 0,
        };
        policy.should_wait_for_sleeping_dispatcher(1, slice.into(), now, now + 10 * MS, epoch)
    };
    let runs = |policy: &mut WaitPolicy, slice: u32, step, activity| {
        let usage = CpuUsage {
            slices: slice.into(),
            ..CpuUsage::default()
        };
        policy.should_wait_for_dispatcher(1, usage, 1, Epoch { step, activity })
    };
    // It wakes other threads again and again: there is new activity after each of its sleeps.
    for slice in 0..200 {
        assert!(sleeps(&mut policy, slice) && runs(&mut policy, slice, 1, slice.into()));
    }
    // It wakes nobody any more, and is waited for until it has slept for its budget.
    let waited = (200..300).take_while(|&slice| sleeps(&mut policy, slice));
    assert_eq!(waited.count(), 25);
    // What the others do in another step, or while it does not run, is not its work.
    for activity in 201..203 {
        assert!(runs(&mut policy, 300, 2, activity));
        assert!(!sleeps(&mut policy, 300));
    }
    // It runs while the others are at rest, and after that they work.
    assert!(runs(&mut policy, 301, 2, 203));
    assert!(sleeps(&mut policy, 301));
}

#[test]
fn a_bystander_is_not_charged_for_sleeps_after_it_has_polled_often_enough() {
    let mut policy = WaitPolicy::default();
    policy.on_read(2);
    policy.on_read(3);
    assert!(!run(&mut policy, 0, 50));
    policy.mark_skipped(&[1]);
    for step in 1..10 {
        let epoch = Epoch { step, activity: 0 };
        let polls = (0..100).take_while(|&poll| {
            let slices = 1000 * u64::from(step) + poll;
            let now = Duration::from_millis(slices);
            let usage = CpuUsage {
                slices,
                ..CpuUsage::default()
            };
            policy.should_wait_for_sleeping_dispatcher(1, slices, now, now + MS, epoch)
                && policy.should_wait_for_dispatcher(1, usage, 1, epoch)
        });
        assert_eq!(polls.count(), 8);
    }
}

#[test]
fn a_thread_that_slept_too_long_may_be_a_dispatcher_in_the_same_step() {
    let mut policy = WaitPolicy::default();
    assert!(run(&mut policy, 0, 0));
    policy.on_read(2);
    assert!(!policy.take_for_dispatcher(1));
    assert_eq!(policy.wait(1), Wait::UntilBudget);
    policy.on_read(3);
    assert!(!policy.take_for_dispatcher(3));
    assert!(policy.take_for_dispatcher(1));
    assert!(policy.may_be_dispatcher(1));
}

/// A policy for a thread that has read late twice. It was trusted after the first time, and then skipped again.
fn policy_of_a_late_reader() -> WaitPolicy {
    let mut policy = WaitPolicy::default();
    for step in 0..4 {
        run(&mut policy, step, 50);
        policy.mark_skipped(&[1]);
        policy.on_read(1);
    }
    policy.mark_skipped(&[1]);
    assert_eq!(policy.wait(1), Wait::OneSlice);
    policy
}

#[test]
fn a_thread_that_spins_must_have_run_since_the_others_came_to_rest() {
    let mut policy = policy_of_a_late_reader();
    let later = Epoch {
        step: 9,
        activity: 8,
    };
    let latest = Epoch {
        step: 9,
        activity: 9,
    };
    assert!(policy.should_wait_for_running(1, used(9500), later));
    assert!(policy.should_wait_for_running(1, used(9504), latest));
    assert!(policy.should_wait_for_running(1, used(9504), latest));
    assert!(!policy.should_wait_for_running(1, used(9508), latest));
}

#[test]
fn when_one_bystander_reads_all_are_trusted_again() {
    let mut policy = WaitPolicy::default();
    for tid in [1, 2] {
        policy.should_wait_for_running(tid, used(0), at(0));
    }
    policy.mark_skipped(&[1, 2]);
    policy.on_read(1);
    assert_eq!(policy.wait(2), Wait::UntilBudget);
}

#[test]
fn a_thread_that_reads_by_itself_was_working() {
    let mut policy = WaitPolicy::default();
    assert!(!run(&mut policy, 0, 60));
    policy.mark_skipped(&[1]);
    // It reads too late for the step, is trusted again, and turns out to work.
    policy.on_read(1);
    assert!(run(&mut policy, 1, 40));
    policy.on_read(1);
    assert_eq!(policy.wait(1), Wait::UntilBudget);
    assert!(run(&mut policy, 2, 40));
}

#[test]
fn a_thread_that_waits_for_its_turn_by_spinning_is_trusted_less_and_less_often() {
    let mut policy = WaitPolicy::default();
    let mut trials = 0;
    for step in 0..1000 {
        if run(&mut policy, step, 40) {
            trials += 1;
            assert!(!run(&mut policy, step, 50));
        }
        policy.mark_skipped(&[1]);
        policy.on_read(1);
    }
    // It is trusted at first, and after the late reads 1, 2, 4, 8 ... 512.
    assert_eq!(trials, 11);
}

#[test]
fn short_sleeps_are_waited_for_until_they_add_up() {
    let mut policy = WaitPolicy::default();
    let sleep = |policy: &mut WaitPolicy, slice: u32, start: u32, length: u32| {
        let now = start * MS;
        policy.should_wait_for_sleeping(1, slice.into(), now, now + length * MS)
    };
    for slice in 0..4 {
        let until = SleepDecision::WaitUntil((60 * slice + 60) * MS);
        assert_eq!(sleep(&mut policy, slice, 60 * slice, 60), until);
    }
    assert_eq!(
        sleep(&mut policy, 4, 240, 60),
        SleepDecision::ThreadBudgetSpent
    );
    policy.on_read(1);
    assert_eq!(
        sleep(&mut policy, 5, 300, 60),
        SleepDecision::WaitUntil(360 * MS)
    );
    // Most sleeps were not seen, as other threads worked meanwhile.
    assert_eq!(
        sleep(&mut policy, 300, 370, 1),
        SleepDecision::WaitUntil(371 * MS)
    );
    // There are too many sleeps, although half of them were not seen.
    let seen = (1..200).map(|n| 300 + 2 * n);
    let seen = seen.take_while(|&slice| {
        sleep(&mut policy, slice, 370 + slice / 2, 1) != SleepDecision::ThreadBudgetSpent
    });
    assert_eq!(seen.count(), 124);
    policy.on_read(1);
    // The detector does not wait for a long sleep, nor for a timer that is too late.
    assert_eq!(sleep(&mut policy, 901, 980, 10_000), SleepDecision::AtRest);
    assert_eq!(
        sleep(&mut policy, 902, 980, 1),
        SleepDecision::WaitUntil(981 * MS)
    );
    assert_eq!(
        policy.should_wait_for_sleeping(1, 902, 1001 * MS, 981 * MS),
        SleepDecision::WaitUntil(1001 * MS)
    );
    assert_eq!(
        policy.should_wait_for_sleeping(1, 902, 1081 * MS, 981 * MS),
        SleepDecision::AtRest
    );
}

#[test]
fn a_new_sleeper_for_each_file_does_not_stop_the_clock() {
    let sleep = |policy: &mut WaitPolicy, tid: u32, start: u32| {
        let now = start * MS;
        policy.should_wait_for_sleeping(tid.cast_signed(), 1, now, now + 200 * MS)
    };
    let mut policy = WaitPolicy::default();
    let waited =
        (0..1000).filter(|&n| sleep(&mut policy, n, 200 * n) != SleepDecision::ThreadBudgetSpent);
    assert_eq!(waited.count(), 10);
    // Sleeps at the same time count once. A thread that reads or creates a thread afterwards gets a new budget.
    let mut policy = WaitPolicy::default();
    for tid in 0..1000 {
        assert_eq!(
            sleep(&mut policy, tid, 0),
            SleepDecision::WaitUntil(200 * MS)
        );
    }
    for event in [WaitPolicy::on_read, WaitPolicy::on_clone] {
        let mut policy = WaitPolicy::default();
        for n in 0..60 {
            let until = SleepDecision::WaitUntil((200 * n + 200) * MS);
            assert_eq!(sleep(&mut policy, n, 200 * n), until);
            event(&mut policy, n.cast_signed());
            assert_eq!(policy.next_step(), 200 * MS);
        }
        // The budget of the run is used up.
        assert_eq!(policy.slept(), SLEEP_BUDGET_OF_RUN);
        assert_eq!(
            sleep(&mut policy, 60, 12_000),
            SleepDecision::SharedBudgetSpent
        );
    }
}

#[test]
fn the_clock_moves_on_without_a_thread_that_sleeps_again_and_again_and_still_trusts_it() {
    let mut policy = WaitPolicy::default();
    for step in 0..4 {
        for n in 0..15 {
            let now = (3000 * step + 200 * n) * MS;
            let slices = u64::from(100 * step + n);
            let sleep = policy.should_wait_for_sleeping(1, slices, now, now + 200 * MS);
            assert_eq!(sleep, SleepDecision::WaitUntil(now + 200 * MS));
            policy.on_clone(1);
        }
        let end = 3000 * (step + 1) * MS;
        let slices = u64::from(100 * step + 50);
        let sleep = policy.should_wait_for_sleeping(1, slices, end, end + 200 * MS);
        assert_eq!(sleep, SleepDecision::SharedBudgetSpent);
        policy.mark_skipped(&[1]);
        assert_eq!(policy.wait(1), Wait::Never);
        policy.on_clone(1);
        assert_eq!(policy.wait(1), Wait::UntilBudget);
        assert_eq!(policy.next_step(), SLEEP_BUDGET_OF_STEP);
    }
}

#[test]
fn threads_that_compute_and_exit_are_not_waited_for_without_end() {
    let mut policy = WaitPolicy::default();
    let mut computes = |tid, reads: bool| {
        let waited = policy.should_wait_for_running(tid, used(0), at(0))
            && policy.should_wait_for_running(tid, used(10), at(0));
        if reads {
            policy.on_read(tid);
        }
        policy.forget(tid);
        waited
    };
    assert!((0..1000).all(|tid| computes(tid, true)));
    let waited = (0..1000).filter(|&tid| computes(tid, false)).count();
    assert_eq!(waited, 99);
}
