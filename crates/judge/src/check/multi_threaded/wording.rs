//! Why a program is not parallel, in words for its author, and what to try.
//!
//! Where two mistakes look alike to the observer and need different words, the source text chooses: it shows whether
//! threads that take turns have a lock, an iterator behind `par_bridge`, or an `.await` after each task. It also has the
//! line to look at. Never decides whether a program passes.

use super::{
    super::{waiting::unawaited, words::count},
    diagnosis::{Cause, UndecidedReason},
    undecided,
};
use crate::source::{Source, Spot};

/// What the author of a program is told.
#[derive(Debug, PartialEq)]
pub(in crate::check) struct Told<'a> {
    /// The name of the mistake.
    pub(in crate::check) name: &'static str,
    /// What was seen.
    pub(in crate::check) message: String,
    /// What to try.
    pub(in crate::check) hint: String,
    /// The line to look at.
    pub(in crate::check) spot: Option<Spot<'a>>,
}

/// Calls by which programs read files.
const READS: [&str; 8] = [
    "read_to_string",
    "read_to_end",
    "read_exact",
    "read_line",
    "read",
    "lines",
    "open",
    "bytes",
];

pub(in crate::check) fn explain(cause: Cause, source: &Source) -> Told<'_> {
    let told = |message: String, hint: &str| Told {
        name: cause.name(),
        message,
        hint: hint.to_owned(),
        spot: None,
    };
    match cause {
        Cause::NothingRead { opened, cut_off } => {
            let (message, hint) = nothing_read(opened, cut_off);
            told(message, hint)
        }
        Cause::TooFew { read, of } => too_few(read, of, source),
        Cause::NoThreads => awaited(source).unwrap_or_else(|| {
            told(
                "one thread reads all files, one after the other".into(),
                "share the files among several threads: `std::thread::scope`, or rayon's `par_iter`",
            )
        }),
        Cause::OneWorker => awaited(source).unwrap_or_else(|| one_worker(source)),
        Cause::OneReader { others } | Cause::IdleThreads { others } => awaited(source)
            .or_else(|| locked_out(others, source))
            .or_else(|| sleepers(others, source))
            .unwrap_or_else(|| {
                let works = matches!(cause, Cause::OneReader { .. });
                let (message, hint) = one_reader(others, works);
                told(message, hint)
            }),
        Cause::SpawnJoinLoop { threads } => {
            awaited(source).unwrap_or_else(|| one_after_the_other(threads, source))
        }
        Cause::Serialised { threads } => take_turns(threads, source),
        Cause::Uneven {
            busiest,
            files,
            threads,
        } => told(
            format!(
                "{} share the files unevenly: one of them reads {busiest} of {files}",
                count(threads as usize, "thread")
            ),
            "give each thread as many files as the others, or let each take the next file when it is done",
        ),
        Cause::HardlyParallel {
            effective,
            held_max,
        } => told(
            format!(
                "the threads seldom read at the same time: {effective:.2} files at once on average, {held_max} at most"
            ),
            "find what makes a thread wait for another one between two files: a lock, a channel, a `join`",
        ),
        Cause::ReadAgain { charges, files } => told(
            format!(
                "files are read more than once: {charges} reads of {files} files, so the disk does the same work again"
            ),
            "open and read each file once, as a whole, in the thread that works on it",
        ),
        Cause::TouchedOnly { threads } => with_lock(
            source,
            told(
                format!(
                    "{} read the beginning of files at the same time, but the rest of only one file at a time",
                    count(threads as usize, "thread")
                ),
                "let each thread read its files to their end, and hold no lock while it does",
            ),
        ),
        Cause::BeginningSerialised { threads } => with_lock(
            source,
            told(
                format!(
                    "{} read the beginning of only one file at a time; only the rest is read at the same time",
                    count(threads as usize, "thread")
                ),
                "to open and to begin to read takes long on a slow disk too: hold no lock while you do it",
            ),
        ),
        Cause::Processes { processes } => told(
            format!("the files are read by {processes} processes of one thread each, not by threads of one process"),
            "start threads instead of programs: `std::thread`, or rayon",
        ),
        Cause::HeldUp { own, cap } => told(
            format!(
                "{}: its own threads slept and computed for {:.1} s",
                undecided(UndecidedReason::Capped(cap)),
                own.as_secs_f64()
            ),
            "let a thread that has nothing to read end, or wait without a time-out: `join`, a channel, a `Condvar`",
        ),
    }
}

/// Some files were read, and many were not.
fn too_few(read: u32, of: u32, source: &Source) -> Told<'_> {
    let started = unawaited(source);
    Told {
        name: Cause::TooFew { read, of }.name(),
        message: format!(
            "only {read} of {} were read, too few to show that threads read at the same time",
            count(of as usize, "file")
        ),
        hint: match &started {
            Some(started) => started.hint(),
            None => "let the threads read all files".to_owned(),
        },
        spot: started.map(|started| started.spot),
    }
}

/// No data file was read: `opened` were opened, and the end of the program cut `cut_off` reads off.
fn nothing_read(opened: u32, cut_off: u32) -> (String, &'static str) {
    if cut_off > 0 {
        (
            format!(
                "the program ended when {} had just begun to read",
                count(cut_off as usize, "thread")
            ),
            "wait for the threads before `main` ends: keep what `spawn` returns and call `join` on it, or use \
             `thread::scope`",
        )
    } else if opened == 0 {
        (
            "no data file was read, so no two were read at the same time".into(),
            "read the files first; then share them among threads",
        )
    } else {
        (
            format!(
                "{} opened and none was read",
                count(opened as usize, "file")
            ),
            "to open a file is not to read it: read each one to its end",
        )
    }
}

/// `the other thread`, `the 8 other threads`: the threads besides the one that reads.
fn others_are(others: u32) -> String {
    match others {
        1 => "the other thread".into(),
        _ => format!("the {others} other threads"),
    }
}

fn one_reader(others: u32, works: bool) -> (String, &'static str) {
    let does = match (works, others) {
        (true, 1) => "works on what was read and reads no file itself",
        (true, _) => "work on what was read and read no file themselves",
        (false, 1) => "reads no file",
        (false, _) => "read no file",
    };
    let hint = if works {
        "reading is what takes long on a slow disk: let each thread open and read its own files"
    } else {
        "give the other threads files to read: let each take the next file until none is left"
    };
    let others = others_are(others);
    (
        format!("one thread reads all files, one after the other; {others} {does}"),
        hint,
    )
}

/// Threads that wait for a lock in which the thread reads that happened to take it first, each time: a mutex is not
/// fair. The next time, several of them may have taken it in turn.
fn locked_out(others: u32, source: &Source) -> Option<Told<'_>> {
    // What takes a text apart, such as `lines`, is left out: threads that are given texts may do so under a lock.
    let spot = source.find_held_lock(&["read_to_string", "open"])?;
    let (reads, they) = match others {
        1 => ("reads", "it waits"),
        _ => ("read", "they wait"),
    };
    Some(Told {
        name: "serialised",
        message: format!(
            "one thread reads all files, one after the other; {} {reads} no file: {they} for a lock",
            others_are(others),
        ),
        hint: held_lock(&spot),
        spot: Some(spot),
    })
}

/// What to do about a lock that is held while a file is read.
fn held_lock(spot: &Spot<'_>) -> String {
    format!(
        "{} takes a lock: is it still held while a file is read? Lock only to take the next name or to add a \
         result, and let the guard go before you read",
        spot.line()
    )
}

/// Threads that sleep while one thread reads, if the program has a call to sleep. If it also hands something over, the
/// sleepers may be others than those that work.
fn sleepers(others: u32, source: &Source) -> Option<Told<'_>> {
    let spot = source.find(&["sleep", "("])?;
    let hands_over = ["channel", "bounded", "unbounded", "sync_channel", "Condvar"]
        .iter()
        .any(|word| source.find(&[word]).is_some());
    if hands_over {
        return None;
    }
    let (reads, they) = match others {
        1 => ("reads", "it mostly sleeps"),
        _ => ("read", "they mostly sleep"),
    };
    Some(Told {
        name: "sleeping-threads",
        message: format!(
            "one thread reads all files, one after the other; {} {reads} no file: {they}",
            others_are(others),
        ),
        hint: "a thread that sleeps makes nothing faster: give every thread files to read".into(),
        spot: Some(spot),
    })
}

fn one_worker(source: &Source) -> Told<'_> {
    let pool = [
        &["num_threads", "(", "1", ")"][..],
        &["\"RAYON_NUM_THREADS\"", ",", "\"1\""],
        &["ThreadPool", ":", ":", "new", "(", "1", ")"],
        &["worker_threads", "(", "1", ")"],
        &["max_blocking_threads", "(", "1", ")"],
    ];
    let spot = pool.iter().find_map(|words| source.find(words));
    let message = "one worker thread reads all files, one after the other, while the first thread waits for it";
    match spot {
        Some(spot) => Told {
            name: "pool-of-one",
            message: format!("{message}: the pool has one thread"),
            hint: format!(
                "{} makes a pool of one thread: ask for more threads, or leave that number out",
                spot.line()
            ),
            spot: Some(spot),
        },
        None => Told {
            name: "one-worker",
            message: message.to_owned(),
            hint: "one more thread makes nothing faster while the first one waits: start several threads, and give \
                   each its own files"
                .into(),
            spot: source.find(&["spawn", "("]),
        },
    }
}

/// Each thread had ended before the next one began.
fn one_after_the_other(threads: u32, source: &Source) -> Told<'_> {
    let message = format!(
        "{} run one after the other: each has ended before the next one starts",
        count(threads as usize, "thread")
    );
    let joined = source.find_after_call(&["spawn"], &[".", "join"]);
    if joined.is_none()
        && let Some(spot) = source.find(&["sleep", "("])
    {
        return Told {
            name: "started-far-apart",
            message: format!("{message}, because the program sleeps between two starts"),
            hint: format!(
                "{} sleeps: start all threads without a pause, and wait for them with `join` afterwards",
                spot.line()
            ),
            spot: Some(spot),
        };
    }
    Told {
        name: "spawn-join-loop",
        message,
        hint: "start all threads first, keep what `spawn` returns in a `Vec`, and call `join` on each of them \
               afterwards. `map` alone starts nothing: it needs a `collect` before the first `join`"
            .into(),
        spot: joined.or_else(|| source.find(&[".", "join", "("])),
    }
}

/// A task or a future that is waited for as soon as it is made.
fn awaited(source: &Source) -> Option<Told<'_>> {
    let waits_for_all = [
        "JoinSet",
        "join_all",
        "try_join_all",
        "join",
        "FuturesUnordered",
    ];
    if waits_for_all
        .iter()
        .any(|word| source.find(&[word]).is_some())
    {
        return None;
    }
    let is_spawned = ["spawn", "spawn_blocking"]
        .iter()
        .any(|word| source.find(&[word]).is_some());
    let (spot, why, hint) = if is_spawned {
        (
            source.find_after_call(&["spawn", "spawn_blocking"], &[".", "await"])?,
            "each task is waited for before the next one starts",
            "waits with `.await` as soon as the task is made: start all tasks first, keep them in a `Vec` or a \
             `JoinSet`, and wait for all of them afterwards",
        )
    } else {
        (
            source.find_after_call(&READS, &[".", "await"])?,
            "`.await` waits for each read before the next one starts",
            "waits for one read with `.await`, and there is no other task that reads meanwhile: start a task for each \
             file first (`tokio::spawn` or a `JoinSet`), and wait for all of them afterwards",
        )
    };
    Some(Told {
        name: "awaited-one-by-one",
        message: format!("only one file is read at a time: {why}"),
        hint: format!("{} {hint}", spot.line()),
        spot: Some(spot),
    })
}

/// Many threads, of which never two read at once.
fn take_turns(threads: u32, source: &Source) -> Told<'_> {
    let message = format!(
        "{} take turns: no two of them ever read at the same time",
        count(threads as usize, "thread")
    );
    let lock = source.find_lock(&READS);
    if lock.is_none()
        && let Some(spot) = source.find(&["par_bridge"])
    {
        return Told {
            name: "lazy-iterator",
            message: format!("{message}, because the iterator before `par_bridge` reads the files"),
            hint: format!(
                "{}: `par_bridge` takes one item after the other from its iterator, and a `map` before it runs at that \
                 time. Let the iterator give names only, and read the files in a `map` after `par_bridge`",
                spot.line()
            ),
            spot: Some(spot),
        };
    }
    if lock.is_none()
        && let Some(told) = awaited(source)
    {
        return told;
    }
    let hint = match &lock {
        Some(spot) => held_lock(spot),
        None => "find what makes a thread wait until another one has read: a lock, a channel that passes a turn on, or \
                 a task that is waited for before the next one starts"
            .into(),
    };
    Told {
        name: "serialised",
        message,
        hint,
        spot: lock,
    }
}

fn with_lock<'a>(source: &'a Source, told: Told<'a>) -> Told<'a> {
    let spot = source.find_lock(&READS);
    Told { spot, ..told }
}

#[cfg(test)]
mod tests;
