//! How long who is waited for, case by case.

use super::*;

const MS: Duration = Duration::from_millis(1);

fn at(round: u32) -> Moment {
    Moment { round, stir: 7 }
}

fn used(ms: u32) -> Used {
    Used {
        processor: ms * MS,
        slices: 1,
    }
}

/// Runs for so many milliseconds in a round, and says whether it is waited for at the end of them.
fn run(patience: &mut Patience, round: u32, ms: u32) -> bool {
    patience.with_running(1, used(1000 * round), at(round));
    patience.with_running(1, used(1000 * round + ms), at(round))
}

#[test]
fn a_thread_that_spins_and_never_reads_is_waited_for_once() {
    let mut patience = Patience::default();
    assert!(patience.with_running(1, used(0), at(0)));
    assert!(run(&mut patience, 0, 49));
    assert!(!run(&mut patience, 0, 50));
    patience.went_on_without(&[1, 2]);
    assert_eq!(patience.standing(1), Standing::Ignored);
    assert_eq!(patience.standing(2), Standing::Full);
}

#[test]
fn threads_that_have_not_read_share_what_they_get() {
    let mut patience = Patience::default();
    let mut left = |tid, ms| {
        patience.with_running(tid, used(0), at(0));
        patience.with_running(tid, used(ms), at(0))
    };
    assert!(left(1, 49));
    for tid in 2..=100 {
        left(tid, 0);
    }
    assert!(left(100, 19));
    assert!(!left(100, 20));
    patience.reads(100);
    assert!(patience.with_running(100, used(1049), at(1)));
    assert!(patience.with_running(100, used(1098), at(1)));
}

#[test]
fn where_several_read_decoration_may_hand_out_the_work() {
    let mut patience = Patience::default();
    patience.reads(2);
    assert!(!run(&mut patience, 0, 50));
    patience.went_on_without(&[1]);
    assert_eq!(patience.standing(1), Standing::Ignored);
    patience.reads(3);
    assert_eq!(patience.standing(1), Standing::Short);
    let mut asks = |ms, slices, running, stir| {
        let moment = Moment { round: 1, stir };
        let used = Used { slices, ..used(ms) };
        patience.with_handing_out(1, used, running, moment)
    };
    // Whatever it did before the others came to rest. Two share what their process uses.
    assert!(asks(100, 1, 1, 1) && asks(101, 1, 1, 1) && !asks(102, 1, 1, 1));
    assert!(asks(102, 1, 2, 2) && asks(105, 1, 2, 2) && !asks(106, 1, 2, 2));
    // It yields, and others run.
    assert!(asks(106, 1, 1, 3) && asks(106, 8, 1, 3) && !asks(106, 9, 1, 3));
    patience.hurry();
    assert_eq!(patience.standing(1), Standing::Ignored);
}

/// A thread that has read late twice: once to be tried again, once more after the trial failed.
fn waits_for_its_turn() -> Patience {
    let mut patience = Patience::default();
    for round in 0..4 {
        run(&mut patience, round, 50);
        patience.went_on_without(&[1]);
        patience.reads(1);
    }
    patience.went_on_without(&[1]);
    assert_eq!(patience.standing(1), Standing::Short);
    patience
}

#[test]
fn a_thread_that_spins_must_have_run_since_the_others_came_to_rest() {
    let mut patience = waits_for_its_turn();
    let later = Moment { round: 9, stir: 8 };
    let latest = Moment { round: 9, stir: 9 };
    assert!(patience.with_running(1, used(9500), later));
    assert!(patience.with_running(1, used(9504), latest));
    assert!(patience.with_running(1, used(9504), latest));
    assert!(!patience.with_running(1, used(9508), latest));
}

#[test]
fn when_one_decoration_reads_all_are_waited_for_again() {
    let mut patience = Patience::default();
    for tid in [1, 2] {
        patience.with_running(tid, used(0), at(0));
    }
    patience.went_on_without(&[1, 2]);
    patience.reads(1);
    assert_eq!(patience.standing(2), Standing::Full);
}

#[test]
fn a_thread_that_reads_by_itself_was_working() {
    let mut patience = Patience::default();
    assert!(!run(&mut patience, 0, 60));
    patience.went_on_without(&[1]);
    // Too late for that round: tried again, and found to be working.
    patience.reads(1);
    assert!(run(&mut patience, 1, 40));
    patience.reads(1);
    assert_eq!(patience.standing(1), Standing::Full);
    assert!(run(&mut patience, 2, 40));
}

#[test]
fn a_thread_that_waits_for_its_turn_by_spinning_is_tried_ever_less() {
    let mut patience = Patience::default();
    let mut trials = 0;
    for round in 0..1000 {
        if run(&mut patience, round, 40) {
            trials += 1;
            assert!(!run(&mut patience, round, 50));
        }
        patience.went_on_without(&[1]);
        patience.reads(1);
    }
    // The first time, and after reads 1, 2, 4, 8 ... 512.
    assert_eq!(trials, 11);
}

#[test]
fn short_sleeps_are_waited_for_until_they_add_up() {
    let mut patience = Patience::default();
    let nap = |patience: &mut Patience, slice: u32, start: u32, length: u32| {
        let now = start * MS;
        patience.with_sleeping(1, slice.into(), now, now + length * MS)
    };
    for slice in 0..4 {
        let until = Nap::Until((60 * slice + 60) * MS);
        assert_eq!(nap(&mut patience, slice, 60 * slice, 60), until);
    }
    assert_eq!(nap(&mut patience, 4, 240, 60), Nap::UsedUp);
    patience.reads(1);
    assert_eq!(nap(&mut patience, 5, 300, 60), Nap::Until(360 * MS));
    // Too many of them, though most were missed.
    assert_eq!(nap(&mut patience, 300, 370, 1), Nap::UsedUp);
    patience.reads(1);
    // A long one is none that anybody waits for, and neither is a wake that does not come.
    assert_eq!(nap(&mut patience, 301, 380, 10_000), Nap::Rest);
    assert_eq!(nap(&mut patience, 302, 380, 1), Nap::Until(381 * MS));
    assert_eq!(
        patience.with_sleeping(1, 302, 401 * MS, 381 * MS),
        Nap::Rest
    );
}

#[test]
fn a_new_sleeper_for_each_file_does_not_hold_the_clock_for_ever() {
    let nap = |patience: &mut Patience, tid: u32, start: u32| {
        let now = start * MS;
        patience.with_sleeping(tid.cast_signed(), 1, now, now + 200 * MS)
    };
    let mut patience = Patience::default();
    let waited = (0..1000).filter(|&n| nap(&mut patience, n, 200 * n) != Nap::UsedUp);
    assert_eq!(waited.count(), 10);
    // All at once are no more than one, and whoever reads afterwards had only slept before it.
    let mut patience = Patience::default();
    for tid in 0..1000 {
        assert_eq!(nap(&mut patience, tid, 0), Nap::Until(200 * MS));
    }
    for works in [Patience::reads, Patience::works] {
        let mut patience = Patience::default();
        for n in 0..60 {
            let until = Nap::Until((200 * n + 200) * MS);
            assert_eq!(nap(&mut patience, n, 200 * n), until);
            works(&mut patience, n.cast_signed());
            assert_eq!(patience.next_round(), 200 * MS);
        }
        // No run needs so much of it.
        assert_eq!(patience.slept(), SLEEP_IN_ALL);
        assert_eq!(nap(&mut patience, 60, 12_000), Nap::NoMore);
    }
}

#[test]
fn a_round_goes_on_without_whoever_sleeps_again_and_again_and_holds_nothing_against_them() {
    let mut patience = Patience::default();
    for round in 0..4 {
        for n in 0..15 {
            let now = (3000 * round + 200 * n) * MS;
            let slices = u64::from(100 * round + n);
            let nap = patience.with_sleeping(1, slices, now, now + 200 * MS);
            assert_eq!(nap, Nap::Until(now + 200 * MS));
            patience.works(1);
        }
        let end = 3000 * (round + 1) * MS;
        let slices = u64::from(100 * round + 50);
        let nap = patience.with_sleeping(1, slices, end, end + 200 * MS);
        assert_eq!(nap, Nap::NoMore);
        patience.went_on_without(&[1]);
        assert_eq!(patience.standing(1), Standing::Ignored);
        patience.works(1);
        assert_eq!(patience.standing(1), Standing::Full);
        assert_eq!(patience.next_round(), SLEEP_A_ROUND);
    }
}

#[test]
fn threads_that_burn_and_end_are_not_waited_for_without_end() {
    let mut patience = Patience::default();
    let mut burns = |tid, reads: bool| {
        let waited = patience.with_running(tid, used(0), at(0))
            && patience.with_running(tid, used(10), at(0));
        if reads {
            patience.reads(tid);
        }
        patience.forget(tid);
        waited
    };
    assert!((0..1000).all(|tid| burns(tid, true)));
    let waited = (0..1000).filter(|&tid| burns(tid, false)).count();
    assert_eq!(waited, 99);
}
