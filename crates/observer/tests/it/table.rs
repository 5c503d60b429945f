//! The programs, and what the observer must count of each.

/// A part of a program's virtual time, in quarters of a round.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// Each file by itself, so many quarters.
    Each(u32),
    /// So many threads at once, so many quarters for each file.
    AtOnce(u32, u32),
    /// So many quarters, however many files there are.
    Once(u32),
    /// So many threads, of which one reads all files but one for each of the others.
    Uneven(u32),
}

impl Part {
    fn of(self, files: u32) -> u32 {
        match self {
            Self::Each(quarters) => quarters * files,
            Self::AtOnce(threads, quarters) => quarters * files.div_ceil(threads),
            Self::Once(quarters) => quarters,
            Self::Uneven(threads) => 4 * (files - (threads - 1)),
        }
    }
}

/// One program and what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) mode: &'static str,
    pub(crate) threads: u32,
    time: &'static [Part],
    /// Quarters of each file that it reads.
    blocks: u32,
    /// The kind of its diagnosis, as it begins.
    pub(crate) verdict: &'static str,
}

impl Program {
    /// The virtual time that it takes, in quarters of a round.
    pub(crate) fn time(&self, files: u32) -> u32 {
        self.time.iter().map(|part| part.of(files)).sum()
    }

    /// The distinct blocks that it reads.
    pub(crate) fn blocks(&self, files: u32) -> u32 {
        self.blocks * files
    }

    const fn of_blocks(self, blocks: u32) -> Self {
        Self { blocks, ..self }
    }
}

const fn program(
    mode: &'static str,
    threads: u32,
    time: &'static [Part],
    verdict: &'static str,
) -> Program {
    Program {
        mode,
        threads,
        time,
        blocks: 4,
        verdict,
    }
}

/// One that reads nothing.
const fn reads_nothing(mode: &'static str, threads: u32) -> Program {
    program(mode, threads, &[], "NothingRead").of_blocks(0)
}

use Part::{AtOnce, Each, Once, Uneven};

pub(crate) const PROGRAMS: &[Program] = &[
    program("serial", 1, &[Each(4)], "NoThreads"),
    program("serial-string", 1, &[Each(4)], "NoThreads"),
    program("serial-lines", 1, &[Each(4)], "NoThreads"),
    program("serial-small-buffer", 1, &[Each(4)], "NoThreads"),
    program("serial-bytes", 1, &[Each(4)], "NoThreads"),
    program("serial-pread", 1, &[Each(4)], "NoThreads"),
    program("serial-pread-pieces", 1, &[Each(4)], "NoThreads"),
    program("serial-readv", 1, &[Each(4)], "NoThreads"),
    program("serial-preadv", 1, &[Each(4)], "NoThreads"),
    program("serial-preadv2", 1, &[Each(4)], "NoThreads"),
    program("serial-mmap", 1, &[Each(4)], "NoThreads"),
    program("serial-mmap-one-byte", 1, &[Each(4)], "NoThreads"),
    program("serial-sendfile", 1, &[Each(4)], "NoThreads"),
    program("serial-splice", 1, &[Each(4)], "NoThreads"),
    program("serial-copy", 1, &[Each(4)], "NoThreads"),
    program("serial-dup", 1, &[Each(4)], "NoThreads"),
    program("serial-twice", 1, &[Each(8)], "NoThreads"),
    program("serial-rewind", 1, &[Each(8)], "NoThreads"),
    program("serial-pread-twice", 1, &[Each(8)], "NoThreads"),
    program("serial-open-first", 1, &[Each(4)], "NoThreads"),
    program("serial-no-atime", 1, &[Each(4)], "NoThreads"),
    program("serial-unlink", 1, &[Each(4)], "NoThreads"),
    program("serial-hide", 1, &[Each(4)], "NoThreads"),
    program("serial-async", 1, &[Each(4)], "NoThreads"),
    program("serial-signals", 1, &[Each(4)], "NoThreads"),
    program("serial-shell", 1, &[Each(4)], "Processes"),
    reads_nothing("nothing", 1),
    reads_nothing("opens-only", 1),
    reads_nothing("touch-only", 1),
    reads_nothing("read-nothing", 1),
    program("chunks", 2, &[AtOnce(2, 4)], "Parallel"),
    program("chunks", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic", 1, &[Each(4)], "OneWorker"),
    program("atomic", 2, &[AtOnce(2, 4)], "Parallel"),
    program("atomic", 3, &[AtOnce(3, 4)], "Parallel"),
    program("atomic", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic", 64, &[AtOnce(64, 4)], "Parallel"),
    program("atomic", 500, &[Once(4)], "Parallel"),
    program("atomic-mmap", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-pread", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-copy", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-small-buffer", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-bytes", 8, &[AtOnce(8, 4)], "Parallel"),
    program("halves", 2, &[Each(2)], "Parallel"),
    program("atomic-twice", 8, &[AtOnce(8, 8)], "Parallel"),
    program("atomic-symlink", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-compute", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-sleep", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-long-sleep", 8, &[AtOnce(8, 4)], "Parallel"),
    program("pinned", 8, &[AtOnce(8, 4)], "Parallel"),
    program("describes", 1, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-signals", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-output", 8, &[AtOnce(8, 4)], "Parallel"),
    program("atomic-rwlock", 8, &[AtOnce(8, 4)], "Parallel"),
    program("main-hands-out", 4, &[AtOnce(4, 4)], "Parallel"),
    program("main-polls", 8, &[AtOnce(8, 4)], "Parallel"),
    program("available", 1, &[AtOnce(8, 4)], "Parallel"),
    program("rayon-default", 1, &[AtOnce(8, 4)], "Parallel"),
    program("rayon", 4, &[AtOnce(4, 4)], "Parallel"),
    program("rayon", 32, &[AtOnce(32, 4)], "Parallel"),
    program("thread-per-file", 1, &[Once(4)], "Parallel"),
    program("spawn-join", 1, &[Each(4)], "SpawnJoinLoop"),
    program("spawn-join-lazily", 8, &[Each(4)], "SpawnJoinLoop"),
    program("two-goes", 2, &[AtOnce(2, 4)], "Parallel"),
    program("two-goes", 1, &[Each(4)], "OneWorker"),
    program("half-in-main-locked", 1, &[Each(4)], "Serialised"),
    program("mutex-thread-per-file", 1, &[Each(4)], "Serialised"),
    program("pauses-between-spawns", 1, &[Once(4)], "Parallel"),
    reads_nothing("sleeps-instead-of-join", 8),
    program("spawn-join-batches", 4, &[AtOnce(4, 4)], "Parallel"),
    program("mutex-read", 8, &[Each(4)], "Serialised"),
    program("mutex-open", 8, &[Each(4)], "Serialised"),
    program("ring", 8, &[Each(4)], "Serialised"),
    program("turns-spin", 3, &[Each(4)], "Serialised"),
    program("turns-yield", 3, &[Each(4)], "Serialised"),
    program("turns-sleep", 3, &[Each(4)], "Serialised"),
    program("spin-lock", 3, &[Each(4)], "?"),
    program("barrier", 8, &[AtOnce(8, 4)], "Parallel"),
    program("mpsc", 8, &[AtOnce(8, 4)], "Parallel"),
    program("crossbeam", 8, &[AtOnce(8, 4)], "Parallel"),
    program("condvar", 8, &[AtOnce(8, 4)], "Parallel"),
    program("reader-and-parsers", 8, &[Each(4)], "OneReader"),
    program("parser-for-each", 8, &[Each(4)], "OneReader"),
    program("open-here-read-there", 8, &[AtOnce(8, 4)], "Parallel"),
    program("uneven", 8, &[Uneven(8)], "Uneven"),
    program("tokio-spawn", 16, &[AtOnce(16, 4)], "Parallel"),
    program("tokio-spawn", 512, &[Once(4)], "Parallel"),
    program("tokio-file", 4, &[AtOnce(4, 4)], "Parallel"),
    program("tokio-loop", 8, &[Each(4)], "?"),
    program("tokio-sleep", 16, &[AtOnce(16, 4)], "Parallel"),
    program("forks", 8, &[AtOnce(8, 4)], "Processes"),
    program("forks-of-threads", 8, &[AtOnce(8, 4)], "Parallel"),
    program("forks-and-a-pair", 8, &[AtOnce(8, 4)], "Processes"),
    program("vforks", 1, &[Each(4)], "Processes"),
    program("children", 8, &[AtOnce(8, 4)], "Processes"),
    program("spin-pool", 4, &[AtOnce(4, 4)], "Parallel"),
    program("sleep-poll-pool", 8, &[AtOnce(8, 4)], "Parallel"),
    program("serial-then-pool", 8, &[AtOnce(8, 4), Each(4)], "ReadAgain"),
    program("idle-threads", 8, &[Each(4)], "IdleThreads"),
    program("sleeping-threads", 8, &[Each(4)], "IdleThreads"),
    program("briefly-sleeping-threads", 8, &[Each(4)], "IdleThreads"),
    program("briefly-sleeping-reader", 1, &[Each(4)], "?"),
    program("forged-sleep", 1, &[Each(4)], "IdleThreads"),
    program("spinning-threads", 2, &[Each(4)], "?"),
    program("same-file-readers", 8, &[Each(4)], "ReadAgain"),
    program("same-descriptor-readers", 8, &[Each(4)], "ReadAgain"),
    program("one-byte-steppers", 4, &[Each(4)], "?"),
    program("end-readers", 4, &[Each(4)], "?"),
    program("empty-readers", 2, &[Each(4)], "?"),
    program("openers", 2, &[Each(4)], "?"),
    program("ping-pong", 2, &[Each(4)], "?"),
    program(
        "one-byte-then-serial",
        8,
        &[AtOnce(8, 1), Each(4)],
        "TouchedOnly",
    ),
    program(
        "one-byte-then-rest",
        8,
        &[AtOnce(8, 1), Each(3)],
        "TouchedOnly",
    ),
    program(
        "one-byte-then-rest-in-pieces",
        8,
        &[AtOnce(8, 1), Each(3)],
        "TouchedOnly",
    ),
    program(
        "one-byte-then-locked",
        8,
        &[Once(1), Each(3)],
        "TouchedOnly",
    ),
    program(
        "one-byte-then-locked-pieces",
        8,
        &[Once(1), Each(3)],
        "TouchedOnly",
    ),
    // A third of a file lies in two of its quarters.
    program(
        "third-then-locked-pieces",
        8,
        &[Once(2), Each(2)],
        "Parallel",
    ),
    program(
        "third-then-rest-in-pieces",
        8,
        &[AtOnce(8, 2), Each(2)],
        "TouchedOnly",
    ),
    program("outer-quarters-locked", 8, &[Each(2)], "Serialised").of_blocks(2),
    // A limit of the observer: a thread that touches a quarter of a file counts as having read it.
    program(
        "each-quarter-touched-then-locked",
        8,
        &[AtOnce(8, 4)],
        "Parallel",
    ),
    program(
        "one-byte-around-serial",
        8,
        &[AtOnce(8, 4), Each(4)],
        "ReadAgain",
    ),
    program(
        "one-byte-then-twice-the-rest",
        8,
        &[AtOnce(8, 4), Each(3)],
        "TouchedOnly",
    ),
    program("beyond-then-serial", 8, &[Each(4)], "IdleThreads"),
    program(
        "bad-buffer-then-serial",
        8,
        &[AtOnce(8, 4), Each(4)],
        "ReadAgain",
    ),
    program(
        "bad-buffer-then-locked",
        8,
        &[Once(4), Each(4)],
        "ReadAgain",
    ),
    program(
        "partly-then-rest",
        8,
        &[AtOnce(8, 4), Each(3)],
        "TouchedOnly",
    ),
    program("partly-then-locked", 8, &[Once(4), Each(3)], "ReadAgain"),
    program(
        "partly-in-place-then-rest",
        8,
        &[AtOnce(8, 4), Each(3)],
        "TouchedOnly",
    ),
    program(
        "replaced-then-serial",
        8,
        &[AtOnce(8, 1), Each(4)],
        "TouchedOnly",
    ),
    reads_nothing("beyond-only", 8),
    program("one-byte-only", 8, &[AtOnce(8, 1)], "Parallel").of_blocks(1),
    program("open-then-serial", 8, &[Each(4)], "IdleThreads"),
    program("decorated-pool", 8, &[AtOnce(8, 4)], "Parallel"),
    program("sleeping-monitor", 8, &[AtOnce(8, 4)], "Parallel"),
    program("parked-monitor", 8, &[AtOnce(8, 4)], "Parallel"),
    program("receiving-monitor", 8, &[AtOnce(8, 4)], "Parallel"),
    program("waiting-monitor", 8, &[AtOnce(8, 4)], "Parallel"),
    program("sleeping-monitor-of-rayon", 8, &[AtOnce(8, 4)], "Parallel"),
    program("parked-monitor-of-rayon", 8, &[AtOnce(8, 4)], "Parallel"),
    program("receiving-monitor-of-rayon", 8, &[AtOnce(8, 4)], "Parallel"),
    program("waiting-monitor-of-rayon", 8, &[AtOnce(8, 4)], "Parallel"),
    program("sleeping-monitor-of-one", 1, &[Each(4)], "?"),
    program("parked-monitor-of-one", 1, &[Each(4)], "?"),
    program("receiving-monitor-of-one", 1, &[Each(4)], "?"),
    program("waiting-monitor-of-one", 1, &[Each(4)], "?"),
    program("sleeping-monitor-of-locked", 8, &[Each(4)], "Serialised"),
    program("two-monitors", 8, &[AtOnce(8, 4)], "Parallel"),
    program("hands-out-and-sleeps", 4, &[AtOnce(4, 4)], "Parallel"),
    program("hands-out-three-and-sleeps", 4, &[AtOnce(4, 4)], "Parallel"),
    program(
        "monitored-hands-out-and-sleeps",
        4,
        &[AtOnce(4, 4)],
        "Parallel",
    ),
];
