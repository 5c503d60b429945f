//! The programs, and what must be seen of each.

/// How many rounds a program takes for so many files.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rounds {
    /// None.
    Zero,
    /// Each file by itself, so many times.
    Each(u32),
    /// So many at once, each file so many times.
    AtOnce(u32, u32),
    /// All at once.
    One,
    /// First so many at once, then each by itself.
    AtOnceThenEach(u32),
    /// So many at once, then each by itself, then so many at once again.
    AroundEach(u32),
    /// One for each file, and one before them.
    OneThenEach,
    /// So many threads, of which one reads all files but one for each of the others.
    Uneven(u32),
}

impl Rounds {
    pub(crate) fn of(self, files: u32) -> u32 {
        match self {
            Self::Zero => 0,
            Self::Each(times) => times * files,
            Self::AtOnce(threads, times) => times * files.div_ceil(threads),
            Self::One => 1,
            Self::AtOnceThenEach(threads) => files.div_ceil(threads) + files,
            Self::AroundEach(threads) => 2 * files.div_ceil(threads) + files,
            Self::OneThenEach => 1 + files,
            Self::Uneven(threads) => files - (threads - 1),
        }
    }
}

/// One program and what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) mode: &'static str,
    pub(crate) threads: u32,
    pub(crate) rounds: Rounds,
    /// The kind of its diagnosis, as it begins.
    pub(crate) verdict: &'static str,
}

const fn program(
    mode: &'static str,
    threads: u32,
    rounds: Rounds,
    verdict: &'static str,
) -> Program {
    Program {
        mode,
        threads,
        rounds,
        verdict,
    }
}

use Rounds::{AroundEach, AtOnce, AtOnceThenEach, Each, One, OneThenEach, Uneven, Zero};

pub(crate) const PROGRAMS: &[Program] = &[
    program("serial", 1, Each(1), "NoThreads"),
    program("serial-string", 1, Each(1), "NoThreads"),
    program("serial-lines", 1, Each(1), "NoThreads"),
    program("serial-small-buffer", 1, Each(1), "NoThreads"),
    program("serial-bytes", 1, Each(1), "NoThreads"),
    program("serial-pread", 1, Each(1), "NoThreads"),
    program("serial-pread-pieces", 1, Each(1), "NoThreads"),
    program("serial-readv", 1, Each(1), "NoThreads"),
    program("serial-preadv", 1, Each(1), "NoThreads"),
    program("serial-preadv2", 1, Each(1), "NoThreads"),
    program("serial-mmap", 1, Each(1), "NoThreads"),
    program("serial-sendfile", 1, Each(1), "NoThreads"),
    program("serial-splice", 1, Each(1), "NoThreads"),
    program("serial-copy", 1, Each(1), "NoThreads"),
    program("serial-dup", 1, Each(1), "NoThreads"),
    program("serial-twice", 1, Each(2), "NoThreads"),
    program("serial-rewind", 1, Each(2), "NoThreads"),
    program("serial-pread-twice", 1, Each(2), "NoThreads"),
    program("serial-open-first", 1, Each(1), "NoThreads"),
    program("serial-no-atime", 1, Each(1), "NoThreads"),
    program("serial-unlink", 1, Each(1), "NoThreads"),
    program("serial-hide", 1, Each(1), "NoThreads"),
    program("serial-async", 1, Each(1), "NoThreads"),
    program("serial-signals", 1, Each(1), "NoThreads"),
    program("serial-shell", 1, Each(1), "Processes"),
    program("nothing", 1, Zero, "NothingRead"),
    program("opens-only", 1, Zero, "NothingRead"),
    program("touch-only", 1, Zero, "NothingRead"),
    program("read-nothing", 1, Zero, "NothingRead"),
    program("chunks", 2, AtOnce(2, 1), "Parallel"),
    program("chunks", 8, AtOnce(8, 1), "Parallel"),
    program("atomic", 1, Each(1), "IdleThreads"),
    program("atomic", 2, AtOnce(2, 1), "Parallel"),
    program("atomic", 3, AtOnce(3, 1), "Parallel"),
    program("atomic", 8, AtOnce(8, 1), "Parallel"),
    program("atomic", 64, AtOnce(64, 1), "Parallel"),
    program("atomic", 500, One, "Parallel"),
    program("atomic-mmap", 8, AtOnce(8, 1), "Parallel"),
    program("atomic-pread", 8, AtOnce(8, 1), "Parallel"),
    program("atomic-copy", 8, AtOnce(8, 1), "Parallel"),
    program("atomic-twice", 8, AtOnce(8, 2), "Parallel"),
    program("atomic-symlink", 8, AtOnce(8, 1), "Parallel"),
    program("atomic-compute", 8, AtOnce(8, 1), "Parallel"),
    program("atomic-sleep", 8, AtOnce(8, 1), "Parallel"),
    program("atomic-long-sleep", 8, AtOnce(8, 1), "Parallel"),
    program("pinned", 8, AtOnce(8, 1), "Parallel"),
    program("describes", 1, AtOnce(8, 1), "Parallel"),
    program("atomic-signals", 8, AtOnce(8, 1), "Parallel"),
    program("atomic-output", 8, AtOnce(8, 1), "Parallel"),
    program("atomic-rwlock", 8, AtOnce(8, 1), "Parallel"),
    program("main-hands-out", 4, AtOnce(4, 1), "Parallel"),
    program("main-polls", 8, AtOnce(8, 1), "Parallel"),
    program("available", 1, AtOnce(8, 1), "Parallel"),
    program("rayon-default", 1, AtOnce(8, 1), "Parallel"),
    program("rayon", 4, AtOnce(4, 1), "Parallel"),
    program("rayon", 32, AtOnce(32, 1), "Parallel"),
    program("thread-per-file", 1, One, "Parallel"),
    program("spawn-join", 1, Each(1), "SpawnJoinLoop"),
    program("spawn-join-lazily", 8, Each(1), "SpawnJoinLoop"),
    program("two-goes", 2, AtOnce(2, 2), "Parallel"),
    program("two-goes", 1, Each(2), "IdleThreads"),
    program("half-in-main-locked", 1, Each(1), "Serialised"),
    program("mutex-thread-per-file", 1, Each(1), "Serialised"),
    program("pauses-between-spawns", 1, One, "Parallel"),
    program("sleeps-instead-of-join", 8, Zero, "NothingRead"),
    program("spawn-join-batches", 4, AtOnce(4, 1), "Parallel"),
    program("mutex-read", 8, Each(1), "Serialised"),
    program("mutex-open", 8, Each(1), "Serialised"),
    program("ring", 8, Each(1), "Serialised"),
    program("turns-spin", 3, Each(1), "Serialised"),
    program("turns-yield", 3, Each(1), "Serialised"),
    program("turns-sleep", 3, Each(1), "Serialised"),
    program("spin-lock", 3, Each(1), "?"),
    program("barrier", 8, AtOnce(8, 1), "Parallel"),
    program("mpsc", 8, AtOnce(8, 1), "Parallel"),
    program("crossbeam", 8, AtOnce(8, 1), "Parallel"),
    program("condvar", 8, AtOnce(8, 1), "Parallel"),
    program("reader-and-parsers", 8, Each(1), "OneReader"),
    program("parser-for-each", 8, Each(1), "OneReader"),
    program("open-here-read-there", 8, AtOnce(8, 1), "Parallel"),
    program("uneven", 8, Uneven(8), "Uneven"),
    program("tokio-spawn", 16, AtOnce(16, 1), "Parallel"),
    program("tokio-spawn", 512, One, "Parallel"),
    program("tokio-file", 4, AtOnce(4, 1), "Parallel"),
    program("tokio-loop", 8, Each(1), "?"),
    program("tokio-sleep", 16, AtOnce(16, 1), "Parallel"),
    program("forks", 8, AtOnce(8, 1), "Processes"),
    program("forks-of-threads", 8, AtOnce(8, 1), "Parallel"),
    program("forks-and-a-pair", 8, AtOnce(8, 1), "Processes"),
    program("vforks", 1, Each(1), "Processes"),
    program("children", 8, AtOnce(8, 1), "Processes"),
    program("spin-pool", 4, AtOnce(4, 1), "Parallel"),
    program("sleep-poll-pool", 8, AtOnce(8, 1), "Parallel"),
    program("serial-then-pool", 8, AtOnceThenEach(8), "ReadAgain"),
    program("idle-threads", 8, Each(1), "IdleThreads"),
    program("sleeping-threads", 8, Each(1), "IdleThreads"),
    program("napping-threads", 8, Each(1), "IdleThreads"),
    program("napping-reader", 1, Each(1), "?"),
    program("forged-nap", 1, Each(1), "IdleThreads"),
    program("spinning-threads", 2, Each(1), "?"),
    program("same-file-readers", 8, Each(1), "ReadAgain"),
    program("same-descriptor-readers", 8, Each(1), "ReadAgain"),
    program("one-byte-steppers", 4, Each(1), "?"),
    program("end-readers", 4, Each(1), "?"),
    program("empty-readers", 2, Each(1), "?"),
    program("openers", 2, Each(1), "?"),
    program("ping-pong", 2, Each(1), "?"),
    program("one-byte-then-serial", 8, AtOnceThenEach(8), "ReadAgain"),
    program("one-byte-then-rest", 8, AtOnceThenEach(8), "TouchedOnly"),
    program("one-byte-then-locked", 8, OneThenEach, "TouchedOnly"),
    program("one-byte-around-serial", 8, AroundEach(8), "TouchedOnly"),
    program(
        "one-byte-then-twice-the-rest",
        8,
        AroundEach(8),
        "TouchedOnly",
    ),
    program("beyond-then-serial", 8, AtOnceThenEach(8), "ReadAgain"),
    program("bad-buffer-then-serial", 8, AtOnceThenEach(8), "ReadAgain"),
    program("bad-buffer-then-locked", 8, OneThenEach, "ReadAgain"),
    program("partly-then-rest", 8, AtOnceThenEach(8), "TouchedOnly"),
    program("partly-then-locked", 8, OneThenEach, "TouchedOnly"),
    program(
        "partly-in-place-then-rest",
        8,
        AtOnceThenEach(8),
        "TouchedOnly",
    ),
    program("replaced-then-serial", 8, AtOnceThenEach(8), "ReadAgain"),
    program("beyond-only", 8, AtOnce(8, 1), "NothingRead"),
    program("one-byte-only", 8, AtOnce(8, 1), "Parallel"),
    program("open-then-serial", 8, Each(1), "IdleThreads"),
    program("decorated-pool", 8, AtOnce(8, 1), "Parallel"),
];
