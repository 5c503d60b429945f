//! Every thread of the program, and whether there is a moment at which none of them can run.
//!
//! # Theory of operation
//!
//! Threads cannot be looked at all at once. But a thread that sleeps, and that later sleeps and was not
//! given a processor in between (`/proc/PID/task/TID/schedstat` counts that), slept all the while. So
//! each thread is looked at twice: first count then state, and when all were found asleep, state then
//! count. If nothing changed, then all of them slept at once, at the moment between the two looks, and
//! as only a running thread can wake another, nothing will ever happen until the disk answers.
//!
//! The list of threads is read again only after a call that makes one. That call is seen before it is
//! carried out, so the new thread may not be in a list that was read meanwhile: then the list is read
//! once more after the second look, when nobody can be making one.
//!
//! A thread that has just ended may have woken another that is not up yet: a look in which one is found
//! to be gone finds no rest. And it may have taken its process with it, whose other threads then die in
//! our hands: in such a look those that we hold must be asleep as well.
//!
//! This file never decides whether a running thread may be ignored; `patience` does.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    time::Duration,
};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    patience::{Moment, Nap, Patience, Standing, Used},
    processes,
    sleep::{self, Wakes},
    task_files::{is_dead, open, read_state, read_used, thread_group, unless_gone},
};
use crate::sys;

/// Threads whose two files in `/proc` are kept open. More would cost descriptors, of which a process has
/// only 1024 by default.
const KEPT_OPEN: usize = 200;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// There was a moment at which no thread could run, but for those that are ignored.
    Found,
    /// Somebody calls us, and so cannot be at rest.
    Interrupted,
    /// Somebody can run.
    NotYet {
        /// Not only threads that are about to be given up.
        waited_for: bool,
    },
    /// Nobody can run, but somebody will wake by himself at this time.
    Until(Duration),
}

#[derive(Debug)]
struct Task {
    process: i32,
    /// State and counts.
    files: Option<(File, File)>,
    kept_open: bool,
    /// For how many slices it was last found out when it will wake, and the answer.
    wakes: Option<(u64, Wakes)>,
    /// How often it had been given a processor when last looked at, and when last at rest.
    slices: u64,
    slices_at_rest: u64,
    /// It has told that it ends.
    ends: bool,
}

#[derive(Debug)]
pub(super) struct Tasks {
    threads: FxHashMap<i32, Task>,
    kept_open: usize,
    processes: BTreeSet<i32>,
    new_threads: bool,
    new_processes: bool,
    /// Who could run when last looked: probably still can.
    suspect: Option<i32>,
    /// Dead, and not yet waited for by their parents, who may never do so: they stay listed.
    buried: FxHashSet<i32>,
    /// Threads that were not waited for in the rest that was found.
    ignored: Vec<i32>,
    /// Somebody ended, and may have taken those with him that we hold.
    check_held: bool,
    /// Thread and process of those that are gone and did not tell.
    gone: Vec<(i32, i32)>,
}

/// One look at one thread.
#[derive(Debug, Clone, Copy)]
struct Look {
    state: u8,
    used: Used,
}

/// What the first looks found.
#[derive(Debug, Default)]
struct Found {
    slept: Vec<(i32, Look)>,
    restless: Vec<(i32, Look)>,
    gone: Vec<i32>,
}

impl Look {
    /// Uninterruptible sleep (`D`) is work of the kernel for the thread, but for the wait for a `vfork`ed
    /// child, which [`Tasks::look`] tells apart; and `t`, stopped by a tracer, ends at the tracer's will:
    /// neither is rest.
    fn asleep(self) -> bool {
        matches!(self.state, b'S' | b'T' | b'I')
    }

    fn dead(self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }
}

impl Tasks {
    /// The program, known by its first process.
    pub(super) fn new(root: i32) -> Self {
        Self {
            threads: FxHashMap::default(),
            kept_open: 0,
            processes: BTreeSet::from([root]),
            new_threads: true,
            new_processes: true,
            suspect: None,
            buried: FxHashSet::default(),
            ignored: Vec::new(),
            check_held: false,
            gone: Vec::new(),
        }
    }

    /// A thread or a process is about to be made.
    pub(super) fn expect_more(&mut self, processes: bool) {
        self.new_threads = true;
        self.new_processes |= processes;
    }

    /// The process of a thread. `None` if the thread is gone.
    pub(super) fn process_of(&mut self, tid: i32) -> io::Result<Option<i32>> {
        if let Some(task) = self.threads.get(&tid) {
            return Ok(Some(task.process));
        }
        let process = match self
            .processes
            .iter()
            .rev()
            .find(|process| sys::is_thread_of(**process, tid))
        {
            Some(process) => *process,
            None => match unless_gone(thread_group(tid))? {
                Some(process) => process,
                None => return Ok(None),
            },
        };
        if self.processes.insert(process) {
            self.new_processes = true;
        }
        self.new_threads = true;
        self.add(tid, process);
        Ok(Some(process))
    }

    /// Who was not waited for in the rest that was last found.
    pub(super) fn ignored(&self) -> &[i32] {
        &self.ignored
    }

    /// Look for a rest. `held` are in our hands, and cannot run; `awake` probably do. `called` tells whether
    /// a call has come meanwhile, which saves half a look.
    pub(super) fn find_rest(
        &mut self,
        held: &FxHashSet<i32>,
        awake: &FxHashSet<i32>,
        patience: &mut Patience,
        moment: Moment,
        now: impl Fn() -> Duration,
        called: impl Fn() -> io::Result<bool>,
    ) -> io::Result<Rest> {
        self.ignored.clear();
        let may_be_more = self.new_threads || self.new_processes;
        let mut found = Found::default();
        let mut seen = held.clone();
        let suspect = self.suspect.take();
        let awake_is_empty = awake.is_empty();
        let awake = awake.iter().chain(suspect.iter()).copied();
        let awake: Vec<i32> = awake.filter(|tid| self.threads.contains_key(tid)).collect();
        let known: Vec<i32> = self.threads.keys().copied().collect();
        for tid in awake.into_iter().chain(known) {
            if seen.insert(tid) && self.first_look(tid, patience, moment, &mut found)? {
                return Ok(self.not_yet(tid));
            }
        }
        // Who never rests calls at any time.
        if !awake_is_empty && patience.all_rest() && called()? {
            return Ok(Rest::Interrupted);
        }
        if may_be_more {
            self.list()?;
            let listed: Vec<i32> = self.threads.keys().copied().collect();
            for tid in listed {
                if seen.insert(tid) && self.first_look(tid, patience, moment, &mut found)? {
                    return Ok(self.not_yet(tid));
                }
            }
        }
        let Found {
            slept,
            mut restless,
            gone,
        } = found;
        for tid in &gone {
            self.remove(*tid);
            patience.forget(*tid);
        }
        for &(tid, before) in &slept {
            let Some(after) = self.look_back(tid)? else {
                return Ok(Rest::NotYet { waited_for: true });
            };
            if after.asleep() && after.used.slices == before.used.slices {
                continue;
            }
            if self.keeps_from_rest((tid, after), patience, moment, &mut restless) {
                return Ok(self.not_yet(tid));
            }
        }
        if !gone.is_empty() {
            self.check_held = true;
            return Ok(Rest::NotYet { waited_for: true });
        }
        if self.check_held && !self.all_asleep(held)? {
            return Ok(Rest::NotYet { waited_for: true });
        }
        self.check_held = false;
        if may_be_more {
            let before = self.threads.len();
            self.list()?;
            if self.threads.len() != before {
                return Ok(Rest::NotYet { waited_for: true });
            }
            self.new_threads = false;
            self.new_processes = false;
        }
        let mut until: Option<Duration> = None;
        for (tid, look) in slept {
            let wakes = match self.wakes(tid, look, now()) {
                Wakes::At(wakes) => wakes,
                Wakes::Never => continue,
                // Since it was looked at.
                Wakes::Awake if patience.standing(tid) == Standing::Full => {
                    return Ok(self.not_yet(tid));
                }
                Wakes::Awake => now(),
            };
            match patience.with_sleeping(tid, look.used.slices, now(), wakes) {
                Nap::Rest => {}
                Nap::Until(_) | Nap::UsedUp if patience.standing(tid) == Standing::Ignored => {}
                Nap::Until(_) | Nap::UsedUp if patience.standing(tid) == Standing::Short => {
                    restless.push((tid, look));
                }
                Nap::Until(end) => until = Some(until.map_or(end, |until| until.min(end))),
                Nap::UsedUp | Nap::NoMore => self.ignored.push(tid),
            }
        }
        if let Some(until) = until {
            return Ok(Rest::Until(until));
        }
        // All others are at rest: now it counts whether these run on and still do nothing.
        if self.waits_for_any(restless, patience, moment) {
            return Ok(Rest::NotYet { waited_for: false });
        }
        Ok(Rest::Found)
    }

    /// Whether some of these, which alone can run, are waited for. All are ignored in the rest that is found
    /// otherwise.
    fn waits_for_any(
        &mut self,
        restless: Vec<(i32, Look)>,
        patience: &mut Patience,
        moment: Moment,
    ) -> bool {
        let running = u32::try_from(restless.len()).unwrap_or(u32::MAX);
        let mut any = false;
        for (tid, look) in restless {
            let attended = self.threads.get(&tid).filter(|_| patience.attends(tid));
            any |= match attended.and_then(|task| sys::processor_time(task.process)) {
                Some(processor) => {
                    let used = Used {
                        processor,
                        ..look.used
                    };
                    patience.with_handing_out(tid, used, running, moment)
                }
                None => patience.with_running(tid, look.used, moment),
            };
            self.ignored.push(tid);
        }
        any
    }

    /// Look at one thread for the first time. Whether it keeps the program from its rest.
    fn first_look(
        &mut self,
        tid: i32,
        patience: &mut Patience,
        moment: Moment,
        found: &mut Found,
    ) -> io::Result<bool> {
        let look = self.look(tid)?;
        let Some(look) = look.filter(|look| !look.dead()) else {
            if look.is_some() {
                self.buried.insert(tid);
            }
            found.gone.push(tid);
            return Ok(false);
        };
        if look.asleep() {
            found.slept.push((tid, look));
            return Ok(false);
        }
        Ok(self.keeps_from_rest((tid, look), patience, moment, &mut found.restless))
    }

    /// Whether those in our hands sleep there, uninterruptibly: one that is killed wakes up and dies.
    fn all_asleep(&mut self, held: &FxHashSet<i32>) -> io::Result<bool> {
        for &tid in held {
            let awake = |look: Look| !look.asleep() && !look.dead() && look.state != b'D';
            if self.look(tid)?.is_some_and(awake) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a thread that can run is waited for. If not, it is ignored, or stands in `restless`.
    fn keeps_from_rest(
        &mut self,
        (tid, look): (i32, Look),
        patience: &mut Patience,
        moment: Moment,
        restless: &mut Vec<(i32, Look)>,
    ) -> bool {
        match patience.standing(tid) {
            Standing::Full if patience.with_running(tid, look.used, moment) => return true,
            Standing::Full | Standing::Ignored => self.ignored.push(tid),
            Standing::Short => restless.push((tid, look)),
        }
        false
    }

    fn not_yet(&mut self, tid: i32) -> Rest {
        self.suspect = Some(tid);
        Rest::NotYet { waited_for: true }
    }

    /// Whether a thread that has just made a call keeps the program from its rest. If not, it counts
    /// among those that are ignored.
    pub(super) fn is_waited_for(
        &mut self,
        tid: i32,
        patience: &mut Patience,
        moment: Moment,
    ) -> io::Result<bool> {
        if self.ignored.contains(&tid) {
            return Ok(false);
        }
        if patience.standing(tid) == Standing::Ignored {
            self.ignored.push(tid);
            return Ok(false);
        }
        let Some(look) = self.look(tid)? else {
            return Ok(true);
        };
        if patience.with_running(tid, look.used, moment) {
            return Ok(true);
        }
        self.ignored.push(tid);
        Ok(false)
    }

    /// When a sleeping thread will wake by itself. Found out once for each of its sleeps.
    fn wakes(&mut self, tid: i32, look: Look, now: Duration) -> Wakes {
        let Some(task) = self.threads.get_mut(&tid) else {
            return Wakes::Never;
        };
        if let Some((slices, wakes)) = task.wakes
            && slices == look.used.slices
        {
            return wakes;
        }
        let wakes = sleep::wakes(task.process, tid, now);
        if wakes != Wakes::Awake {
            task.wakes = Some((look.used.slices, wakes));
        }
        wakes
    }

    fn add(&mut self, tid: i32, process: i32) {
        self.threads.entry(tid).or_insert(Task {
            process,
            files: None,
            kept_open: false,
            wakes: None,
            slices: 0,
            slices_at_rest: 0,
            ends: false,
        });
    }

    fn remove(&mut self, tid: i32) {
        let Some(task) = self.threads.remove(&tid) else {
            return;
        };
        self.kept_open -= usize::from(task.kept_open);
        if !task.ends {
            self.gone.push((tid, task.process));
        }
    }

    /// A thread tells that it ends.
    pub(super) fn ends(&mut self, tid: i32) {
        if let Some(task) = self.threads.get_mut(&tid) {
            task.ends = true;
        }
    }

    /// Thread and process of all that ran since they were last asked for. Call it at a rest, when each has
    /// just been looked at. Those in our hands are not, and are told of later.
    ///
    /// How often a thread was given a processor depends on what else the machine does; whether it ran at
    /// all between two rests does not. Of one that is not waited for nothing is known.
    pub(super) fn ran(&mut self, patience: &Patience) -> Vec<(i32, i32)> {
        let mut ran = Vec::new();
        for (&tid, task) in &mut self.threads {
            let at_rest = std::mem::replace(&mut task.slices_at_rest, task.slices);
            let worked = task.slices != at_rest && patience.standing(tid) == Standing::Full;
            if worked && !task.ends {
                ran.push((tid, task.process));
            }
        }
        ran
    }

    /// The most threads that a process has, if that may be more than `known`.
    pub(super) fn most_threads(&self, known: usize) -> usize {
        if self.threads.len() <= known {
            return known;
        }
        let mut counts = FxHashMap::default();
        for task in self.threads.values() {
            *counts.entry(task.process).or_insert(0_usize) += 1;
        }
        counts.into_values().max().unwrap_or(0).max(known)
    }

    /// Thread and process of all that have gone without a word since they were last asked for.
    pub(super) fn gone(&mut self) -> Vec<(i32, i32)> {
        std::mem::take(&mut self.gone)
    }

    /// First the count, then the state. `None` if the thread is gone.
    fn look(&mut self, tid: i32) -> io::Result<Option<Look>> {
        self.with_files(tid, |stat, schedstat| {
            let used = read_used(schedstat)?;
            let state = read_state(stat)?;
            Ok(Look { state, used })
        })
    }

    /// First the state, then the count.
    fn look_back(&mut self, tid: i32) -> io::Result<Option<Look>> {
        self.with_files(tid, |stat, schedstat| {
            let state = read_state(stat)?;
            let used = read_used(schedstat)?;
            Ok(Look { state, used })
        })
    }

    fn with_files(
        &mut self,
        tid: i32,
        look: impl FnOnce(&File, &File) -> io::Result<Look>,
    ) -> io::Result<Option<Look>> {
        let Some(task) = self.threads.get_mut(&tid) else {
            return Ok(None);
        };
        let files = match task.files.take() {
            Some(files) => files,
            None => match unless_gone(open(task.process, tid))? {
                Some(files) => files,
                None => return Ok(None),
            },
        };
        let mut seen = unless_gone(look(&files.0, &files.1));
        if let Ok(Some(look)) = &mut seen
            && look.state == b'D'
            && sleep::waits_for_child(task.process, tid)
        {
            look.state = b'S';
        }
        if let Ok(Some(look)) = &seen {
            task.slices = look.used.slices;
        }
        if task.kept_open || self.kept_open < KEPT_OPEN {
            self.kept_open += usize::from(!task.kept_open);
            task.kept_open = true;
            task.files = Some(files);
        }
        seen
    }

    /// Read the lists of processes and threads again. Only adds: who is gone is found when looked at.
    fn list(&mut self) -> io::Result<()> {
        if self.new_processes {
            self.list_processes()?;
        }
        for process in self.processes.clone() {
            let Ok(entries) = fs::read_dir(format!("/proc/{process}/task")) else {
                self.processes.remove(&process);
                continue;
            };
            for entry in entries {
                // A thread that ends while we read is no mistake.
                let Ok(entry) = entry else { continue };
                let Some(tid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
                    continue;
                };
                // A number may come to stand for somebody else.
                if self.buried.contains(&tid) && is_dead(process, tid) {
                    continue;
                }
                self.buried.remove(&tid);
                self.add(tid, process);
            }
        }
        Ok(())
    }

    /// Everything below us: the program's processes, also those whose parent has gone, as we adopt them.
    fn list_processes(&mut self) -> io::Result<()> {
        let own = rustix::process::getpid().as_raw_nonzero().get();
        for process in processes::below(own)? {
            self.processes.insert(process);
        }
        Ok(())
    }
}
