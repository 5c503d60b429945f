//! Where the threads of a job stand, when it is to be stopped because it does not end by itself.
//!
//! # Theory of operation
//!
//! The kernel says in which system call each thread sleeps and where its stack is. The functions are found from the
//! stack (`stack`) and from the program's own table of symbols (`symbols`). All of it is written by the job, which may
//! lie: it serves to explain, and nothing is decided by it. Every read has a bound, and what cannot be read is left
//! out.

mod stack;
mod symbols;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    ops::Range,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    time::{Duration, Instant},
};

use evidence::ThreadStanding;
use rustix::process::Signal;

use self::symbols::Symbols;
use crate::accounting::{
    procfs,
    progress::{
        threads::{self, Thread, Threads},
        waits::{Call, NO_CALL},
    },
};

/// The largest number of places that are described. Most threads of a program stand in the same few.
const MOST_PLACES: usize = 64;

/// The largest number of processes of which threads are described. One that starts more of them is killed at once: each
/// would have its own program to read, and may start others meanwhile.
const MOST_PROCESSES: usize = 4;

/// The largest number of functions that are named for one thread.
const MOST_FUNCTIONS: usize = 32;

/// How much of a stack is read: deeper functions are not found.
const STACK_BYTES: usize = 128 << 10;

/// How long it may take until a process that was stopped does not run any more.
const STOP_TIMEOUT: Duration = Duration::from_millis(200);

/// Where the threads of the job stand now, in the order of their numbers. It is going to be killed: its processes are
/// stopped, because only a thread that does not run shows where its stack is.
pub(crate) fn of_job(overhead: Option<i32>) -> Vec<ThreadStanding> {
    let Ok(threads) = threads::sample(overhead) else {
        return Vec::new();
    };
    let processes: BTreeSet<i32> = threads.values().map(|thread| thread.process).collect();
    if processes.len() > MOST_PROCESSES {
        return Vec::new();
    }
    stop(&threads, overhead);
    let mut program: Option<(i32, Option<Program>)> = None;
    let mut places: Vec<ThreadStanding> = Vec::new();
    for (tid, thread) in threads {
        // Threads of one process are neighbours most of the time.
        if program
            .as_ref()
            .is_none_or(|(process, _)| *process != thread.process)
        {
            program = Some((thread.process, Program::of(thread.process)));
        }
        let program = program.as_ref().and_then(|(_, program)| program.as_ref());
        let standing = of_thread(tid, thread, program);
        let same = places
            .iter_mut()
            .find(|other| is_same_place(other, &standing));
        if let Some(other) = same {
            other.threads += 1;
        } else if places.len() < MOST_PLACES {
            places.push(standing);
        }
    }
    places
}

/// Stop each process of which a thread can run, and wait until none does.
fn stop(threads: &Threads, overhead: Option<i32>) {
    let running = threads.values().filter(|thread| thread.can_run);
    let processes: BTreeSet<i32> = running.map(|thread| thread.process).collect();
    if processes.is_empty() {
        return;
    }
    let descendants = procfs::descendants().unwrap_or_default();
    for process in descendants
        .iter()
        .filter(|process| processes.contains(&process.pid))
    {
        if let Some(handle) = procfs::open(process) {
            let _ = rustix::process::pidfd_send_signal(handle, Signal::STOP);
        }
    }
    let begin = Instant::now();
    while begin.elapsed() < STOP_TIMEOUT {
        match threads::sample(overhead) {
            Ok(now) if now.values().any(|thread| thread.can_run) => {
                std::thread::sleep(Duration::from_millis(2));
            }
            _ => return,
        }
    }
}

/// Whether two threads stand in the same place. Of the arguments of a call, only the first tells places from each other.
fn is_same_place(one: &ThreadStanding, other: &ThreadStanding) -> bool {
    let place = |standing: &ThreadStanding| {
        let call = standing
            .call
            .map(|(number, arguments)| (number, arguments[0]));
        (standing.is_first, standing.runs, call)
    };
    place(one) == place(other) && one.functions == other.functions
}

fn of_thread(tid: i32, thread: Thread, program: Option<&Program>) -> ThreadStanding {
    let call = Call::of(thread.process, tid);
    let functions = program
        .zip(call)
        .map(|(program, call)| program.functions(call))
        .unwrap_or_default();
    let call = call.filter(|call| call.number != NO_CALL);
    ThreadStanding {
        threads: 1,
        is_first: tid == thread.process,
        runs: thread.can_run,
        call: call.map(|call| (call.number, call.arguments)),
        functions,
    }
}

/// The program that a process runs, and where it is in memory.
struct Program {
    memory: File,
    symbols: Symbols,
    /// Where its code is.
    code: Vec<Range<u64>>,
    /// All of the memory that the process may read and write, in which its stacks are.
    writable: Vec<Range<u64>>,
    /// What is added to the addresses in the file.
    base: u64,
}

impl Program {
    fn of(process: i32) -> Option<Self> {
        let file = File::open(format!("/proc/{process}/exe")).ok()?;
        let inode = file.metadata().ok()?.ino();
        let maps = fs::read(format!("/proc/{process}/maps")).ok()?;
        let mappings = String::from_utf8_lossy(&maps);
        let mappings: Vec<Mapping> = mappings.lines().filter_map(Mapping::parse).collect();
        let own = || mappings.iter().filter(|mapping| mapping.inode == inode);
        let symbols = Symbols::read(&file)?;
        let base = if symbols.is_relocatable {
            own().find(|mapping| mapping.offset == 0)?.range.start
        } else {
            0
        };
        Some(Self {
            memory: File::open(format!("/proc/{process}/mem")).ok()?,
            symbols,
            code: own()
                .filter(|mapping| mapping.is_code)
                .map(|mapping| mapping.range.clone())
                .collect(),
            writable: mappings
                .iter()
                .filter(|mapping| mapping.is_writable)
                .map(|mapping| mapping.range.clone())
                .collect(),
            base,
        })
    }

    /// The functions that a thread is in, innermost first.
    fn functions(&self, call: Call) -> Vec<String> {
        let top = call.stack;
        let Some(mapping) = self.writable.iter().find(|range| range.contains(&top)) else {
            return Vec::new();
        };
        let size = usize::try_from(mapping.end - top).unwrap_or(usize::MAX);
        let mut bytes = vec![0; size.min(STACK_BYTES)];
        let Ok(read) = self.memory.read_at(&mut bytes, top) else {
            return Vec::new();
        };
        let words: Vec<u64> = bytes[..read]
            .chunks_exact(8)
            .map(|word| u64::from_ne_bytes(word.try_into().unwrap_or_default()))
            .collect();
        let is_code = |address| self.code.iter().any(|range| range.contains(&address));
        // The address after a call may be that of the next function, where the call does not return.
        let returns = stack::returns(&words, top, is_code);
        let returns = returns.into_iter().map(|address| address - 1);
        let innermost = Some(call.instruction).filter(|&address| is_code(address));
        innermost
            .into_iter()
            .chain(returns)
            .filter_map(|address| self.symbols.name(address.checked_sub(self.base)?))
            .take(MOST_FUNCTIONS)
            .collect()
    }
}

/// One line of `/proc/PID/maps`.
struct Mapping {
    range: Range<u64>,
    is_writable: bool,
    is_code: bool,
    offset: u64,
    inode: u64,
}

impl Mapping {
    /// The name at the end of the line may hold anything, and is not read.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let hex = |text| u64::from_str_radix(text, 16).ok();
        let permissions = fields.next()?;
        let offset = hex(fields.next()?)?;
        let inode = fields.nth(1)?.parse().ok()?;
        let range = hex(start)?..hex(end)?;
        (range.start < range.end).then_some(Self {
            range,
            is_writable: permissions.contains('w'),
            is_code: permissions.contains('x'),
            offset,
            inode,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_of_maps_has_its_range_and_its_file() {
        let line = "7f91985e8000-7f9198600000 r-xp 00002000 fe:00 1234   /tmp/a b (deleted)";
        let mapping = Mapping::parse(line).unwrap();
        assert_eq!(mapping.range, 0x7f91_985e_8000..0x7f91_9860_0000);
        assert!(mapping.is_code && !mapping.is_writable);
        assert_eq!((mapping.offset, mapping.inode), (0x2000, 1234));
        assert!(Mapping::parse("8-4 r-xp 0 fe:00 1").is_none());
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_a_panic(line in "\\PC{0,200}", hex in "[0-9a-f :rwxp-]{0,100}") {
            let _ = Mapping::parse(&line);
            let _ = Mapping::parse(&hex);
        }
    }
}
