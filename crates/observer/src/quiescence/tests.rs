//! The detector beside a made-up scheduler: what it finds must be the truth, and it must find it.

mod world;

use proptest::{collection::vec, prelude::*};
use rustc_hash::FxHashSet;

use super::{
    detector::{Quiescence, QuiescenceDetector},
    wait_policy::{Epoch, Wait, WaitPolicy},
};
use world::{Call, Op, SEMAPHORES, World};

/// The number of detections in which the quiescence of a program that is quiescent and stays so must be found.
/// The first may find threads that have exited, the second held threads that are dead, the third new threads in
/// the list; the fourth finds it.
const ENOUGH: u32 = 4;

/// The number of detections after which a program must have come to its end. Most programs need a hundred; one
/// that spins to the end of each budget needs some thousands.
const ALL: u32 = 20_000;

/// The parts of the observer with which the detector works together.
struct Observer {
    world: World,
    detector: QuiescenceDetector<World>,
    policy: WaitPolicy,
    held: FxHashSet<i32>,
    awake: FxHashSet<i32>,
    epoch: Epoch,
    /// Detections since the program was quiescent and stayed so.
    in_vain: u32,
    /// Whether the detector ever ignored a thread.
    ignored_any: bool,
}

impl Observer {
    fn new(world: World) -> Self {
        Self {
            detector: QuiescenceDetector::new(world.clone(), World::ROOT),
            world,
            policy: WaitPolicy::default(),
            held: FxHashSet::default(),
            awake: FxHashSet::default(),
            epoch: Epoch {
                step: 0,
                activity: 0,
            },
            in_vain: 0,
            ignored_any: false,
        }
    }

    /// Handle a call that waits, if there is one. Returns its thread, and whether it is held.
    fn receive(&mut self) -> Option<(i32, bool)> {
        let (tid, call) = self.world.receive()?;
        // If a thread with this number has a held read, it was killed, and the kernel gave its number to a new one.
        self.held.remove(&tid);
        if self.policy.wait(tid) == Wait::UntilBudget {
            self.epoch.activity += 1;
        }
        match call {
            Call::Read => {
                if self.detector.process_of(tid).unwrap().is_some() {
                    self.policy.on_read(tid);
                    self.held.insert(tid);
                    self.awake.remove(&tid);
                    return Some((tid, true));
                }
            }
            Call::Clone { process } => {
                self.detector.expect_new_threads(tid, process);
                self.policy.on_clone(tid);
            }
            Call::Exit => {
                if self.detector.process_of(tid).unwrap().is_some() {
                    self.detector.mark_exiting(tid);
                }
            }
            Call::Other => {}
        }
        self.awake.insert(tid);
        self.world.answer(tid);
        Some((tid, false))
    }

    /// Handle the calls that wait at the end of a detection. False if the detector waits for a thread that made one.
    fn handle_pending_calls(&mut self) -> bool {
        while let Some((tid, held)) = self.receive() {
            let policy = &mut self.policy;
            if held
                || self
                    .detector
                    .is_waited_for(tid, policy, self.epoch)
                    .unwrap()
            {
                return false;
            }
        }
        true
    }

    /// One detection. Returns whether the program was found quiescent.
    fn detect(&mut self) -> Result<bool, TestCaseError> {
        self.world.begin_detection();
        let truth = self.world.is_quiescent() && self.world.choices_are_used_up();
        let (held, awake) = (&self.held, &self.awake);
        let found = self
            .detector
            .detect(held, awake, &mut self.policy, self.epoch)
            .unwrap();
        self.in_vain += u32::from(truth);
        match found {
            Quiescence::Quiescent => {
                if !self.handle_pending_calls() {
                    return Ok(false);
                }
                let ignored = self.detector.ignored();
                self.ignored_any |= !ignored.is_empty();
                let excused = |tid| ignored.contains(&tid) || self.policy.wait(tid) == Wait::Never;
                prop_assert!(
                    self.world.was_quiescent_but_for(&excused),
                    "found quiescent, but for {ignored:?}: {:#?}",
                    self.world
                );
                self.in_vain = 0;
                return Ok(true);
            }
            Quiescence::CallPending => {}
            Quiescence::Active { waited_for } => self.epoch.activity += u64::from(waited_for),
            Quiescence::AsleepUntil(end) => {
                if self.world.choices_are_used_up() {
                    self.world.sleep_until(end);
                }
            }
        }
        prop_assert!(
            self.in_vain < ENOUGH,
            "not found quiescent {ENOUGH} times: {:#?}",
            self.world
        );
        Ok(false)
    }

    /// One step: all held reads return.
    fn advance(&mut self) {
        self.epoch.activity += 1;
        self.policy.next_step();
        self.policy.mark_skipped(self.detector.ignored());
        self.awake.clear();
        for tid in self.held.drain() {
            if self.world.answer(tid) {
                self.awake.insert(tid);
            }
        }
        if !self.awake.is_empty() {
            self.epoch.step += 1;
        }
    }

    /// Observe the program to its end: until none of its threads can run, or all that can run do nothing else
    /// than spin, and no read is held.
    fn run(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..ALL {
            while self.receive().is_some() {}
            if self.held.is_empty() {
                if self.world.only_spins() {
                    return Ok(());
                }
                self.world.pass_time();
            } else if self.detect()? {
                self.advance();
            }
            if self.world.choices_are_used_up() {
                self.world.run_fairly(3);
            } else {
                self.world.interleave();
            }
        }
        Err(TestCaseError::fail(format!("no end: {:#?}", self.world)))
    }
}

/// What threads do that never use up a budget.
fn working() -> impl Strategy<Value = Vec<Op>> {
    let semaphore = || 0..SEMAPHORES;
    let next = || 1..3_usize;
    prop_oneof![
        2 => Just(vec![Op::Compute]),
        3 => semaphore().prop_map(|s| vec![Op::Post(s)]),
        2 => semaphore().prop_map(|s| vec![Op::Wait(s)]),
        // Two threads that do these work in turns.
        4 => semaphore().prop_map(|s| [Op::Post(s), Op::Wait(1 - s)].repeat(2)),
        4 => semaphore().prop_map(|s| [Op::Wait(s), Op::Post(1 - s)].repeat(2)),
        1 => Just(vec![Op::KernelWork]),
        4 => Just(vec![Op::Read]),
        1 => Just(vec![Op::Call]),
        4 => next().prop_map(|n| vec![Op::Clone(n)]),
        1 => next().prop_map(|n| vec![Op::Fork(n)]),
        1 => next().prop_map(|n| vec![Op::Fork(n), Op::WaitChild]),
        1 => next().prop_map(|n| vec![Op::Vfork(n)]),
        // The whole process ends, most likely while the read of its other thread is held.
        1 => next().prop_map(|n| vec![Op::Clone(n), Op::Compute, Op::ExitProcess]),
    ]
}

/// What threads do that the detector may ignore.
fn restless() -> impl Strategy<Value = Vec<Op>> {
    prop_oneof![
        9 => working(),
        3 => (1..20_u64).prop_map(|ms| vec![Op::Sleep(ms)]),
        1 => (1..400_u64).prop_map(|ms| vec![Op::Sleep(ms)]),
        // A timer wakes a thread that wakes another one, and then rests.
        3 => (1..8_u64, 0..SEMAPHORES).prop_map(|(ms, s)| vec![Op::Sleep(ms), Op::Post(s), Op::Wait(1 - s)]),
        1 => (0..SEMAPHORES).prop_map(|s| vec![Op::SpinUntil(s)]),
        1 => Just(vec![Op::Spin]),
    ]
}

/// The operations of each thread. The first thread starts some others; and each starts only threads that come
/// after it in the list, so that there is an end to them.
fn programs(ops: impl Strategy<Value = Vec<Op>>) -> impl Strategy<Value = Vec<Vec<Op>>> {
    let program = vec(ops, 0..6).prop_map(|ops| ops.concat());
    (vec(program, 2..8), 1..5_usize).prop_map(|(mut programs, started)| {
        programs[0].splice(0..0, (1..=started).map(Op::Clone));
        for (i, program) in programs.iter_mut().enumerate() {
            for op in program {
                if let Op::Clone(next) | Op::Fork(next) | Op::Vfork(next) = op {
                    *next += i;
                }
            }
        }
        programs
    })
}

fn world(ops: impl Strategy<Value = Vec<Op>>) -> impl Strategy<Value = World> {
    (programs(ops), 1..4_usize, vec(any::<u8>(), 0..1000))
        .prop_map(|(programs, processors, choices)| World::new(programs, processors, choices))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn a_program_of_working_threads_is_found_quiescent_when_it_is_and_not_before(
        world in world(working())
    ) {
        let mut observer = Observer::new(world);
        observer.run()?;
        prop_assert!(!observer.ignored_any, "the detector waits for every thread");
    }

    #[test]
    fn only_ignored_threads_run_when_a_program_is_found_quiescent(
        world in world(restless())
    ) {
        Observer::new(world).run()?;
    }
}

/// The first thread spins, is given one more slice, and then creates a thread in the middle of a detection. The
/// detector must find the new thread and wait for it. This program was once found quiescent too early.
#[test]
fn a_thread_that_an_ignored_one_creates_is_waited_for() {
    use Op::{Clone, Post, Read, Sleep, SpinUntil, Wait};
    let programs = vec![
        vec![Clone(1), Clone(2), Clone(3), SpinUntil(1), Clone(1)],
        vec![Sleep(1), Wait(0)],
        vec![
            Sleep(1),
            Post(0),
            Wait(1),
            Clone(3),
            Sleep(1),
            Post(1),
            Wait(0),
        ],
        vec![Read, Sleep(1), Post(1), Wait(0)],
    ];
    Observer::new(World::new(programs, 1, Vec::new()))
        .run()
        .unwrap();
}

/// A thread exits, and the kernel gives its number to a new one before the detector has noticed. When it notices, the
/// lists are complete, and the new thread computes. This program was once found quiescent then.
#[test]
fn a_thread_that_has_the_number_of_an_exited_one_is_waited_for() {
    use Op::{Clone, Compute, Read, Wait};
    let programs = vec![
        vec![Clone(1), Clone(2), Clone(3), Wait(0)],
        vec![Read; 3],
        vec![Compute; 2],
        vec![Clone(4), Wait(1)],
        [vec![Read], vec![Compute; 30]].concat(),
    ];
    Observer::new(World::new(programs, 1, Vec::new()))
        .run()
        .unwrap();
}

/// A thread that has the number of an exited one is killed while its read is held. It runs once more, to die, and until
/// then the program is not quiescent.
#[test]
fn a_killed_thread_that_has_the_number_of_an_exited_one_is_waited_for() {
    use Op::{Clone, ExitProcess, Read};
    const FIRST: i32 = World::ROOT;
    const SECOND: i32 = FIRST + 1;
    let programs = vec![vec![Clone(1), Clone(1), ExitProcess], vec![Read]];
    let mut observer = Observer::new(World::new(programs, 2, Vec::new()));
    let run = |observer: &mut Observer, tid, steps| {
        for _ in 0..steps {
            observer.world.run(tid);
            while observer.receive().is_some() {}
        }
    };
    // The first thread creates another, which reads, and is sampled after that.
    run(&mut observer, FIRST, 3);
    run(&mut observer, SECOND, 1);
    observer.advance();
    assert!(!observer.detect().unwrap());
    // That one exits, a new one gets its number and reads, and the first thread ends the process.
    run(&mut observer, SECOND, 3);
    run(&mut observer, FIRST, 1);
    run(&mut observer, SECOND, 1);
    run(&mut observer, FIRST, 2);
    for _ in 0..5 {
        assert!(!observer.detect().unwrap());
    }
    run(&mut observer, SECOND, 1);
    assert!((0..ENOUGH).any(|_| observer.detect().unwrap()));
}
