//! What the made-up kernel answers. Something may happen before each answer.

use std::{io, time::Duration};

use super::{
    super::super::{
        sampler::{CpuUsage, RunState, Sampler},
        sleep::WakeUp,
    },
    Doing, TICK, World,
};

impl Sampler for World {
    /// The index of a thread.
    type Handle = usize;

    fn now(&self) -> Duration {
        self.interleave();
        Duration::from_micros(self.0.borrow().clock)
    }

    fn call_is_pending(&self) -> io::Result<bool> {
        self.interleave();
        Ok(!self.0.borrow().calls.is_empty())
    }

    fn processes(&self) -> io::Result<Vec<i32>> {
        let mut found = Vec::new();
        let mut next = 0;
        loop {
            self.interleave();
            // The list grows and shrinks while it is read.
            let list = self.0.borrow().list();
            let mut processes = list.into_iter().filter(|(tid, process)| tid == process);
            match processes.find(|(process, _)| *process >= next) {
                Some((process, _)) => found.push(process),
                None => return Ok(found),
            }
            next = found[found.len() - 1] + 1;
        }
    }

    fn for_each_thread(&self, process: i32, mut name: impl FnMut(i32)) -> bool {
        let mut exists = false;
        let mut next = 0;
        loop {
            self.interleave();
            let list = self.0.borrow().list();
            let mut threads = list.into_iter().filter(|(_, owner)| *owner == process);
            match threads.find(|(tid, _)| *tid >= next) {
                Some((tid, _)) => {
                    name(tid);
                    next = tid + 1;
                    exists = true;
                }
                None => return exists,
            }
        }
    }

    fn is_thread_of(&self, process: i32, tid: i32) -> bool {
        self.interleave();
        self.0.borrow().find(process, tid).is_some()
    }

    fn process_of(&self, tid: i32) -> io::Result<Option<i32>> {
        self.interleave();
        Ok(self.0.borrow().list().get(&tid).copied())
    }

    fn is_dead(&self, process: i32, tid: i32) -> bool {
        self.interleave();
        let state = self.0.borrow();
        state
            .find(process, tid)
            .is_none_or(|i| state.threads[i].doing == Doing::Dead)
    }

    fn open(&self, process: i32, tid: i32) -> io::Result<Option<usize>> {
        self.interleave();
        Ok(self.0.borrow().find(process, tid))
    }

    fn state(&self, &handle: &usize) -> io::Result<Option<RunState>> {
        self.interleave();
        let thread = &self.0.borrow().threads[handle];
        Ok(thread.listed.then_some(match thread.doing {
            Doing::Ready => RunState::Running,
            Doing::KernelWork | Doing::WaitsForChild(_) | Doing::Held => RunState::Uninterruptible,
            Doing::WaitsFor(_)
            | Doing::WaitsForAnyChild
            | Doing::SleepsUntil(_)
            | Doing::Calls(_) => RunState::Asleep,
            Doing::Dead => RunState::Dead,
        }))
    }

    fn usage(&self, &handle: &usize) -> io::Result<Option<CpuUsage>> {
        self.interleave();
        let thread = &self.0.borrow().threads[handle];
        let cpu_time = if thread.on_processor {
            thread.cpu_time_before.max(thread.cpu_time / TICK * TICK)
        } else {
            thread.cpu_time
        };
        Ok(thread.listed.then_some(CpuUsage {
            cpu_time: Duration::from_micros(cpu_time),
            slices: thread.slices,
        }))
    }

    fn waits_for_child(&self, process: i32, tid: i32) -> bool {
        self.interleave();
        let state = self.0.borrow();
        let doing = state.find(process, tid).map(|i| state.threads[i].doing);
        matches!(doing, Some(Doing::WaitsForChild(_)))
    }

    fn wake_up(&self, process: i32, tid: i32) -> WakeUp {
        self.interleave();
        let state = self.0.borrow();
        match state.find(process, tid).map(|i| state.threads[i].doing) {
            Some(Doing::Ready) => WakeUp::Awake,
            Some(Doing::SleepsUntil(end)) => WakeUp::At(Duration::from_micros(end)),
            _ => WakeUp::Never,
        }
    }

    fn cpu_time_of_process(&self, process: i32) -> Option<Duration> {
        self.interleave();
        let state = self.0.borrow();
        let mut threads = state.threads.iter();
        let leader = threads.find(|thread| thread.listed && thread.tid == process)?;
        let threads = state.threads.iter().filter(|t| t.process == leader.process);
        Some(Duration::from_micros(threads.map(|t| t.cpu_time).sum()))
    }
}
