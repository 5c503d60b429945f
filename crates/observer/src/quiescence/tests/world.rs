//! A made-up program on made-up processors. Between two questions of the detector anything may happen.
//!
//! What happens is decided by a list of choices; when the list is used up, nothing happens during a detection.
//! The world knows the truth: the set of threads that can run, at each instant since a detection began.

mod answers;

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

/// The number of semaphores that the threads share.
pub(super) const SEMAPHORES: usize = 2;
/// The number of threads that a program makes at most: each has one bit of a set.
const MAX_THREADS: usize = 60;
/// Processor time in microseconds that one step takes.
const STEP: u64 = 100;
/// Processor time in microseconds that one turn of a spinning loop takes.
const SPIN: u64 = 1000;
/// Microseconds between two updates of a running thread's processor time, as at the kernel's ticks.
const TICK: u64 = 4000;
/// A sleep of more microseconds than this counts as rest, as in the wait policy.
const LONG_SLEEP: u64 = 250_000;
/// The smallest number of a thread.
const FIRST_NUMBER: i32 = 10;

/// What a thread of the made-up program does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Compute,
    /// Increment a semaphore, or wake a thread that waits for it.
    Post(usize),
    /// Wait for a semaphore and decrement it.
    Wait(usize),
    /// Sleep for so many milliseconds.
    Sleep(u64),
    /// The kernel works for the thread, uninterruptibly.
    KernelWork,
    /// Read a data file.
    Read,
    /// Make a call that the observer sees and continues.
    Call,
    /// Start a thread, a process, or a process as by `vfork`, which runs one of the following programs.
    Clone(usize),
    Fork(usize),
    Vfork(usize),
    /// Wait for a child process to exit.
    WaitChild,
    /// Spin until a semaphore is not zero, and decrement it.
    SpinUntil(usize),
    Spin,
    /// End the whole process.
    ExitProcess,
}

/// What a call is about, as the observer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Read,
    Other,
    Clone { process: bool },
    Exit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// Runs, or waits for a processor.
    Ready,
    KernelWork,
    WaitsFor(usize),
    WaitsForAnyChild,
    /// Waits for a child that it made as by `vfork`, which is this process.
    WaitsForChild(usize),
    SleepsUntil(u64),
    /// Its call waits for the observer to receive it.
    Calls(Call),
    /// Its read was received and is held.
    Held,
    Dead,
}

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each of them is true or false whatever the thread does"
)]
struct Thread {
    tid: i32,
    process: usize,
    program: usize,
    /// The index of its next operation.
    at: usize,
    doing: Doing,
    on_processor: bool,
    /// Its next operation is a call that was responded to.
    answered: bool,
    /// It was killed, and exits as soon as it runs.
    dying: bool,
    /// It is in the list of its process.
    listed: bool,
    slices: u64,
    cpu_time: u64,
    /// Its processor time when it was last given a processor.
    cpu_time_before: u64,
}

#[derive(Debug)]
struct Process {
    /// The index of its first thread, whose number it has.
    leader: usize,
    parent: Option<usize>,
    exited_children: usize,
}

#[derive(Debug)]
struct State {
    programs: Vec<Vec<Op>>,
    threads: Vec<Thread>,
    processes: Vec<Process>,
    processors: usize,
    semaphores: [u32; SEMAPHORES],
    clock: u64,
    choices: std::vec::IntoIter<u8>,
    /// Threads whose calls wait, in order.
    calls: Vec<usize>,
    /// Processes that exited, and whose parents have not been woken yet.
    exits: Vec<usize>,
    /// The sets of threads that could run, at each instant since the detection began.
    moments: Vec<u64>,
}

/// What may happen next.
#[derive(Debug, Clone, Copy)]
enum Action {
    Dispatch(usize),
    Preempt(usize),
    Execute(usize),
    FinishKernelWork(usize),
    FinishExit(usize),
    Reap(usize),
    PassTime(u64),
}

/// The made-up program, shared by the detector that samples it and the test that responds to its calls.
#[derive(Debug, Clone)]
pub(super) struct World(Rc<RefCell<State>>);

impl World {
    /// A program whose first thread runs the first of these operations.
    pub(super) fn new(programs: Vec<Vec<Op>>, processors: usize, choices: Vec<u8>) -> Self {
        let mut state = State {
            programs,
            threads: Vec::new(),
            processes: Vec::new(),
            processors,
            semaphores: [0; SEMAPHORES],
            clock: 0,
            choices: choices.into_iter(),
            calls: Vec::new(),
            exits: Vec::new(),
            moments: Vec::new(),
        };
        state.start_process(0, None);
        Self(Rc::new(RefCell::new(state)))
    }

    pub(super) const ROOT: i32 = FIRST_NUMBER;

    /// Let something happen, as the choices say.
    pub(super) fn interleave(&self) {
        const STEPS: [usize; 8] = [0, 0, 0, 0, 1, 2, 4, 8];
        let mut state = self.0.borrow_mut();
        let Some(choice) = state.choices.next() else {
            return;
        };
        for _ in 0..STEPS[usize::from(choice) % STEPS.len()] {
            let choice = state.choices.next().unwrap_or(0);
            state.step(choice);
        }
    }

    /// Give every thread some turns, between two detections.
    pub(super) fn run_fairly(&self, turns: u8) {
        let mut state = self.0.borrow_mut();
        for turn in 0..turns {
            state.finish_exits();
            for i in 0..state.threads.len() {
                match state.threads[i].doing {
                    Doing::KernelWork => state.act(Action::FinishKernelWork(i)),
                    Doing::Ready if !state.threads[i].on_processor => {
                        let running = state.threads.iter().position(|t| t.on_processor);
                        if let (0, Some(running)) = (state.free_processors(), running) {
                            state.act(Action::Preempt(running));
                        }
                        state.act(Action::Dispatch(i));
                        state.act(Action::Execute(i));
                    }
                    Doing::Ready => state.act(Action::Execute(i)),
                    _ => {}
                }
            }
            if turn == 0 {
                state.act(Action::PassTime(STEP));
            }
        }
    }

    /// Let a thread that can run do one operation, and nothing else happen.
    pub(super) fn run(&self, tid: i32) {
        let mut state = self.0.borrow_mut();
        let i = state.listed(tid).unwrap();
        assert_eq!(state.threads[i].doing, Doing::Ready, "{tid} cannot run");
        state.act(Action::Dispatch(i));
        state.act(Action::Execute(i));
    }

    /// Let time pass until this real time.
    pub(super) fn sleep_until(&self, time: Duration) {
        let mut state = self.0.borrow_mut();
        let time = u64::try_from(time.as_micros()).unwrap();
        let left = time.saturating_sub(state.clock);
        state.act(Action::PassTime(left));
    }

    /// Let some time pass.
    pub(super) fn pass_time(&self) {
        self.0.borrow_mut().act(Action::PassTime(50 * STEP));
    }

    pub(super) fn choices_are_used_up(&self) -> bool {
        self.0.borrow().choices.as_slice().is_empty()
    }

    /// A detection begins: the kernel has long finished the exits that earlier ones have seen.
    pub(super) fn begin_detection(&self) {
        let mut state = self.0.borrow_mut();
        state.finish_exits();
        state.moments = vec![state.able()];
    }

    /// Whether there was an instant in this detection at which no thread could run, except those with these
    /// numbers.
    pub(super) fn was_quiescent_but_for(&self, excused: &dyn Fn(i32) -> bool) -> bool {
        let state = self.0.borrow();
        let mut mask = 0;
        for (i, thread) in state.threads.iter().enumerate() {
            mask |= u64::from(excused(thread.tid)) << i;
        }
        state.moments.iter().any(|able| able & !mask == 0)
    }

    /// Whether no thread can run now.
    pub(super) fn is_quiescent(&self) -> bool {
        self.0.borrow().able() == 0
    }

    /// Whether no thread will do anything else than spin, unless it is woken.
    pub(super) fn only_spins(&self) -> bool {
        let state = self.0.borrow();
        let able = state.able();
        let mut threads = state.threads.iter().enumerate();
        threads.all(|(i, thread)| {
            let spins = match state.programs[thread.program].get(thread.at) {
                Some(Op::Spin) => true,
                Some(Op::SpinUntil(s)) => state.semaphores[*s] == 0,
                _ => false,
            };
            able & (1 << i) == 0 || (spins && thread.doing == Doing::Ready && !thread.dying)
        })
    }

    /// The next call that waits: its thread and what it is about. A read is held from now on.
    pub(super) fn receive(&self) -> Option<(i32, Call)> {
        let mut state = self.0.borrow_mut();
        if state.calls.is_empty() {
            return None;
        }
        let thread = state.calls.remove(0);
        let thread = &mut state.threads[thread];
        let Doing::Calls(call) = thread.doing else {
            unreachable!("{thread:?} waits with a call");
        };
        thread.doing = Doing::Held;
        Some((thread.tid, call))
    }

    /// Let the call of a thread return. False if the thread was killed.
    pub(super) fn answer(&self, tid: i32) -> bool {
        let mut state = self.0.borrow_mut();
        let held = |thread: &&mut Thread| thread.tid == tid && thread.doing == Doing::Held;
        let Some(thread) = state.threads.iter_mut().find(held) else {
            return false;
        };
        thread.doing = Doing::Ready;
        thread.answered = true;
        let able = state.able();
        state.moments.push(able);
        true
    }
}

impl State {
    /// The set of threads that can run, or whose exit still has effects.
    fn able(&self) -> u64 {
        let mut able = 0;
        for (i, thread) in self.threads.iter().enumerate() {
            let can_run = match thread.doing {
                Doing::Ready | Doing::KernelWork | Doing::Calls(_) => true,
                Doing::SleepsUntil(end) => end.saturating_sub(self.clock) <= LONG_SLEEP,
                Doing::WaitsFor(_)
                | Doing::WaitsForAnyChild
                | Doing::WaitsForChild(_)
                | Doing::Held
                | Doing::Dead => false,
            };
            able |= u64::from(can_run) << i;
        }
        for &process in &self.exits {
            able |= 1 << self.processes[process].leader;
        }
        able
    }

    fn free_processors(&self) -> usize {
        let busy = self.threads.iter().filter(|thread| thread.on_processor);
        self.processors - busy.count()
    }

    /// One of the things that may happen next.
    fn step(&mut self, choice: u8) {
        let mut actions = vec![Action::PassTime(30 * STEP)];
        let free = self.free_processors() > 0;
        for (i, thread) in self.threads.iter().enumerate() {
            match thread.doing {
                Doing::Ready if thread.on_processor => {
                    // A thread on a processor most likely runs on.
                    actions.extend([Action::Execute(i); 5]);
                    actions.push(Action::Preempt(i));
                }
                Doing::Ready if free => actions.extend([Action::Dispatch(i); 3]),
                Doing::KernelWork => actions.push(Action::FinishKernelWork(i)),
                Doing::Dead if thread.listed && self.is_over(thread.process) => {
                    actions.push(Action::Reap(i));
                }
                _ => {}
            }
        }
        actions.extend((0..self.exits.len()).map(Action::FinishExit));
        self.act(actions[usize::from(choice) % actions.len()]);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Dispatch(i) => {
                let thread = &mut self.threads[i];
                thread.on_processor = true;
                thread.slices += 1;
                thread.cpu_time_before = thread.cpu_time;
            }
            Action::Preempt(i) => self.threads[i].on_processor = false,
            Action::Execute(i) => self.execute(i),
            Action::FinishKernelWork(i) => self.threads[i].doing = Doing::Ready,
            Action::FinishExit(i) => {
                let process = self.exits.remove(i);
                self.wake_parent(process);
            }
            Action::Reap(i) => self.threads[i].listed = false,
            Action::PassTime(time) => {
                self.clock += time;
                for thread in &mut self.threads {
                    if matches!(thread.doing, Doing::SleepsUntil(end) if end <= self.clock) {
                        thread.doing = Doing::Ready;
                    }
                }
            }
        }
        let able = self.able();
        self.moments.push(able);
    }

    /// A running thread carries out its next operation.
    fn execute(&mut self, i: usize) {
        let thread = &mut self.threads[i];
        thread.cpu_time += STEP;
        let op = self.programs[thread.program].get(thread.at).copied();
        let call = match op {
            Some(Op::Read) => Some(Call::Read),
            Some(Op::Call) => Some(Call::Other),
            Some(Op::Clone(_)) => Some(Call::Clone { process: false }),
            Some(Op::Fork(_) | Op::Vfork(_)) => Some(Call::Clone { process: true }),
            None | Some(Op::ExitProcess) => Some(Call::Exit),
            _ => None,
        };
        if thread.dying {
            return self.die(i);
        }
        if let Some(call) = call
            && !std::mem::take(&mut thread.answered)
        {
            self.calls.push(i);
            return self.rest(i, Doing::Calls(call));
        }
        thread.at += 1;
        match op {
            Some(Op::Compute | Op::Read | Op::Call) => {}
            Some(Op::Post(semaphore)) => self.post(semaphore),
            Some(Op::Wait(semaphore)) => {
                if !self.take(semaphore) {
                    self.rest(i, Doing::WaitsFor(semaphore));
                }
            }
            Some(Op::Sleep(ms)) => self.rest(i, Doing::SleepsUntil(self.clock + 1000 * ms)),
            Some(Op::KernelWork) => self.rest(i, Doing::KernelWork),
            Some(Op::Clone(program)) => {
                let process = self.threads[i].process;
                self.start_thread(program, process);
            }
            Some(Op::Fork(program)) => {
                self.start_process(program, Some(self.threads[i].process));
            }
            Some(Op::Vfork(program)) => {
                let parent = Some(self.threads[i].process);
                if let Some(child) = self.start_process(program, parent) {
                    self.rest(i, Doing::WaitsForChild(child));
                }
            }
            Some(Op::WaitChild) => {
                let process = &mut self.processes[self.threads[i].process];
                if process.exited_children > 0 {
                    process.exited_children -= 1;
                } else {
                    self.rest(i, Doing::WaitsForAnyChild);
                }
            }
            Some(Op::SpinUntil(semaphore)) => {
                if !self.take(semaphore) {
                    self.spin(i);
                }
            }
            Some(Op::Spin) => self.spin(i),
            Some(Op::ExitProcess) => {
                self.kill_all_but(i);
                self.die(i);
            }
            None => self.die(i),
        }
    }

    fn spin(&mut self, i: usize) {
        self.threads[i].at -= 1;
        self.threads[i].cpu_time += SPIN;
    }

    fn rest(&mut self, i: usize, doing: Doing) {
        self.threads[i].doing = doing;
        self.threads[i].on_processor = false;
    }

    fn take(&mut self, semaphore: usize) -> bool {
        let free = self.semaphores[semaphore] > 0;
        self.semaphores[semaphore] -= u32::from(free);
        free
    }

    fn post(&mut self, semaphore: usize) {
        let mut threads = self.threads.iter_mut();
        match threads.find(|thread| thread.doing == Doing::WaitsFor(semaphore)) {
            Some(woken) => woken.doing = Doing::Ready,
            None => self.semaphores[semaphore] += 1,
        }
    }

    /// The smallest number that no listed thread has. So the numbers of exited threads are used again at once.
    fn free_number(&self) -> i32 {
        let taken = |tid| self.threads.iter().any(|t| t.listed && t.tid == tid);
        let mut numbers = FIRST_NUMBER..1000;
        numbers.find(|&tid| !taken(tid)).unwrap()
    }

    fn start_thread(&mut self, program: usize, process: usize) -> Option<usize> {
        if self.threads.len() == MAX_THREADS || program >= self.programs.len() {
            return None;
        }
        self.threads.push(Thread {
            tid: self.free_number(),
            process,
            program,
            at: 0,
            doing: Doing::Ready,
            on_processor: false,
            answered: false,
            dying: false,
            listed: true,
            slices: 0,
            cpu_time: 0,
            cpu_time_before: 0,
        });
        Some(self.threads.len() - 1)
    }

    fn start_process(&mut self, program: usize, parent: Option<usize>) -> Option<usize> {
        let process = self.processes.len();
        let leader = self.start_thread(program, process)?;
        self.processes.push(Process {
            leader,
            parent,
            exited_children: 0,
        });
        Some(process)
    }

    fn kill_all_but(&mut self, survivor: usize) {
        let process = self.threads[survivor].process;
        for (i, thread) in self.threads.iter_mut().enumerate() {
            if i != survivor && thread.process == process && thread.doing != Doing::Dead {
                thread.dying = true;
                thread.doing = Doing::Ready;
                self.calls.retain(|&caller| caller != i);
            }
        }
    }

    fn die(&mut self, i: usize) {
        self.rest(i, Doing::Dead);
        let process = self.threads[i].process;
        // A first thread stays listed until its parent has waited for the process.
        self.threads[i].listed = self.processes[process].leader == i;
        if !self.is_over(process) {
            return;
        }
        self.exits.push(process);
        for thread in &mut self.threads {
            if thread.doing == Doing::WaitsForChild(process) {
                thread.doing = Doing::Ready;
            }
        }
    }

    fn is_over(&self, process: usize) -> bool {
        let mut threads = self.threads.iter();
        threads.all(|thread| thread.process != process || thread.doing == Doing::Dead)
    }

    fn wake_parent(&mut self, process: usize) {
        let Some(parent) = self.processes[process].parent else {
            return;
        };
        let mut threads = self.threads.iter_mut();
        let waits = |thread: &&mut Thread| {
            thread.process == parent && thread.doing == Doing::WaitsForAnyChild
        };
        match threads.find(waits) {
            Some(woken) => woken.doing = Doing::Ready,
            None => self.processes[parent].exited_children += 1,
        }
    }

    fn finish_exits(&mut self) {
        while !self.exits.is_empty() {
            self.act(Action::FinishExit(0));
        }
    }

    fn number_of(&self, process: usize) -> i32 {
        self.threads[self.processes[process].leader].tid
    }

    /// The listed thread with a number.
    fn listed(&self, tid: i32) -> Option<usize> {
        self.threads.iter().position(|t| t.listed && t.tid == tid)
    }

    /// The listed thread with a number in the process with a number.
    fn find(&self, process: i32, tid: i32) -> Option<usize> {
        let i = self.listed(tid)?;
        (self.number_of(self.threads[i].process) == process).then_some(i)
    }

    /// The listed threads by number, each with the number of its process.
    fn list(&self) -> BTreeMap<i32, i32> {
        let listed = self.threads.iter().filter(|thread| thread.listed);
        listed
            .map(|thread| (thread.tid, self.number_of(thread.process)))
            .collect()
    }
}
