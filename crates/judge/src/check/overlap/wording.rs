//! What the reads of a program lack, in words for its author, and what to try.
//!
//! Never decides whether a program passes.

use super::{
    super::{
        clock::Clock,
        finding::Mistake,
        multi_threaded::{Told, diagnosis::Cause, explain},
        waiting::unawaited,
        words::count,
    },
    Lacks, wanted,
};
use crate::{evidence::RunEvidence, questions::Overlap, source::Source};
use ids::CheckId;

/// What a slow read is called: one from a file, or an answer of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    noun: &'static str,
}

impl Words {
    const READS: Self = Self { noun: "slow read" };
    const REQUESTS: Self = Self { noun: "request" };

    /// Whether the reads are answers of a server.
    pub(super) fn are_of_requests(self) -> bool {
        self.noun == Self::REQUESTS.noun
    }

    /// The words for a run: files that are not in its folder are asked for.
    pub(super) fn of(run: &RunEvidence, clock: &Clock<'_>) -> Self {
        if clock.all_files() > run.files.expected {
            Self::REQUESTS
        } else {
            Self::READS
        }
    }

    fn of_number(self, n: u32) -> String {
        count(n as usize, self.noun)
    }

    /// What the exercise asks for.
    pub(super) fn asked(self, asked: &Overlap, clock: &Clock<'_>) -> String {
        let at_once = asked.at_once.map(|at_once| {
            format!(
                "{} at the same time",
                self.of_number(wanted(at_once, clock))
            )
        });
        let mean = asked.effective.map(|least| {
            format!(
                "at least {least:.2} {}s at the same time, on average",
                self.noun
            )
        });
        let between = asked
            .between
            .as_ref()
            .map(|[first, second]| format!("`{first}` and `{second}` being read at the same time"));
        let all = at_once.into_iter().chain(between).chain(mean);
        all.collect::<Vec<_>>().join("; ")
    }

    /// What was seen.
    pub(super) fn seen(self, clock: &Clock<'_>) -> String {
        let (most, time) = clock.most_at_once();
        let concurrency = &clock.seen.concurrency;
        let whole = clock.seen.time;
        if most < 2 {
            return format!(
                "never two {}s at the same time; all took {whole} ms of the slow disk's time",
                self.noun
            );
        }
        format!(
            "at most {} at the same time, first after {time} ms of the slow disk's time; {:.2} on average; all took \
             {whole} ms",
            self.of_number(most),
            concurrency.effective,
        )
    }

    /// The message of a pass.
    pub(super) fn passed(self, clock: &Clock<'_>) -> String {
        let (most, _) = clock.most_at_once();
        format!(
            "up to {} waited at the same time, {:.2} on average",
            self.of_number(most),
            clock.seen.concurrency.effective
        )
    }
}

pub(super) fn word<'a>(lacks: &Lacks, words: &Words, source: &'a Source) -> Told<'a> {
    let told = |name, message: String, hint: &str| Told {
        name,
        message,
        hint: hint.to_owned(),
        spot: None,
    };
    let noun = words.noun;
    match lacks {
        // Whether the end comes before the first read is chance.
        Lacks::Alone(_) | Lacks::EndsTooEarly { .. } if unawaited(source).is_some() => {
            let spot = unawaited(source).map(|started| started.spot);
            Told {
                spot,
                ..ends_too_early(format!(
                    "the program does not wait for what it starts, so no two {noun}s could wait at the same time"
                ))
            }
        }
        Lacks::Alone(cause) => alone(*cause, words, source),
        Lacks::EndsTooEarly { reads } => ends_too_early(format!(
            "the program ended while {} still waited, so not all waited at the same time until they had come",
            words.of_number(*reads)
        )),
        Lacks::SameFile => told(
            "same-file",
            format!(
                "only one {noun} waits at a time: what waits at the same time is the same file"
            ),
            "give each thread another file: which name does each of them get?",
        ),
        Lacks::OneFile => told(
            "one-file",
            format!("there was one {noun} and no other that could wait beside it"),
            "read the other files too, each in a thread of its own, and start all threads before you wait for one",
        ),
        Lacks::MainReads => match explain(Cause::Serialised { threads: 2 }, source) {
            locked if locked.spot.is_some() => locked,
            _ => told(
                "main-reads-alone",
                format!("only one {noun} waits at a time: `main` reads while no other thread does"),
                "start the other threads before `main` reads, and wait for them when it has read",
            ),
        },
        Lacks::AtOnce { most, asked } => few(*most, *asked, words, source),
        Lacks::InPart {
            whole,
            longest,
            sum,
        } => told(
            "overlaps-in-part",
            format!(
                "every {noun} was begun at the same time, and then waited for in turn: all took {whole} ms of the slow \
                 disk's time; the longest alone takes {longest} ms, and one after the other they take {sum} ms"
            ),
            "let each thread wait until its own has come as a whole, and hold no lock while it does",
        ),
        Lacks::Mean { seen, asked } => told(
            "too-little-overlap",
            format!(
                "too few {noun}s wait at the same time: {seen:.2} on average, and at least {asked:.2} are asked for"
            ),
            "find what makes one thread wait until another has read: a lock, a `join`, a full channel, or too few threads",
        ),
        Lacks::Between { first, second } => told(
            "in-two-phases",
            format!(
                "no `{first}` is read while a `{second}` is read: the two kinds of work do not go on at the same time"
            ),
            "start both kinds of threads before you wait for one of them, and hand each result on as soon as it is there",
        ),
    }
}

/// The end of the program cut reads off.
fn ends_too_early<'a>(message: String) -> Told<'a> {
    Told {
        name: "ends-too-early",
        message,
        hint: "wait for every thread before `main` ends: keep what `spawn` returns and call `join` on it, or use \
               `thread::scope`"
            .into(),
        spot: None,
    }
}

/// Fewer at once than asked for.
fn few<'a>(most: u32, asked: u32, words: &Words, source: &'a Source) -> Told<'a> {
    let pools = [
        &["num_threads", "("][..],
        &["ThreadPool", ":", ":", "new", "("],
        &["ThreadPool", ":", ":", "with_name", "("],
        &["worker_threads", "("],
        &["max_blocking_threads", "("],
        &["Semaphore", ":", ":", "new", "("],
        &["buffer_unordered", "("],
        &["par_iter"],
        &["into_par_iter"],
        &["rayon", ":", ":", "spawn"],
        &["rayon", ":", ":", "scope"],
        &["available_parallelism"],
        &["chunks", "("],
    ];
    let spot = pools.iter().find_map(|tokens| source.find(tokens));
    let hint = match &spot {
        Some(spot) => format!(
            "a thread that waits needs no processor, so there may be more threads than processors: {} limits how many \
             wait at the same time. Ask for {asked}, or give each task a thread of its own",
            spot.line()
        ),
        None => {
            "start all of them before you wait for the first one, and give each a thread of its own"
                .into()
        }
    };
    Told {
        name: "not-all-at-once",
        message: format!(
            "at most {} at the same time, and {asked} are asked for",
            match most {
                1 => format!("1 {} waits", words.noun),
                _ => format!("{most} {}s wait", words.noun),
            }
        ),
        hint,
        spot,
    }
}

/// Never two at once.
fn alone<'a>(cause: Cause, words: &Words, source: &'a Source) -> Told<'a> {
    let noun = words.noun;
    let told = explain(cause, source);
    // Where the source shows the mistake, it is the same one, and has the same words, as in `multi-threaded`.
    if matches!(
        told.name,
        "awaited-one-by-one" | "pool-of-one" | "lazy-iterator" | "started-far-apart"
    ) {
        return told;
    }
    match cause {
        Cause::NothingRead { .. } => Told {
            name: "no-slow-read",
            message: format!("there was no {noun} that could wait beside another"),
            hint: if words.are_of_requests() {
                "print the error of a request with `eprintln!`: is the server asked at the address in the list, and does \
                 `main` wait for the answers?"
                    .into()
            } else {
                told.hint
            },
            ..told
        },
        Cause::SpawnJoinLoop { threads } => Told {
            name: "joins-too-early",
            hint: "start all threads first, keep what `spawn` returns, and call `join` on each of them afterwards".into(),
            message: format!(
                "only one {noun} waits at a time: {} run one after the other, each is waited for before the next one \
                 starts",
                count(threads as usize, "thread")
            ),
            ..told
        },
        Cause::Serialised { threads } => serialised(threads, noun, told, source),
        Cause::HeldUp { .. } => told,
        _ => one_thread(noun, source),
    }
}

/// Several threads that take turns.
fn serialised<'a>(threads: u32, noun: &str, told: Told<'a>, source: &'a Source) -> Told<'a> {
    if told.spot.is_none()
        && let Some(spot) = source.find_after_call(&["spawn"], &[".", "join"])
    {
        return Told {
            name: "joins-too-early",
            message: format!(
                "only one {noun} waits at a time: a thread is waited for before the next {noun} starts"
            ),
            hint: format!(
                "{} waits for the thread as soon as it is started: start everything first, and call `join` afterwards",
                spot.line()
            ),
            spot: Some(spot),
        };
    }
    Told {
        message: format!(
            "{} take turns: only one {noun} waits at a time",
            count(threads as usize, "thread")
        ),
        ..told
    }
}

/// One thread that does all.
fn one_thread<'a>(noun: &str, source: &'a Source) -> Told<'a> {
    let task = source.find(&["async"]).filter(|_| {
        let blocking = ["fs", "File", "TcpStream", "ureq"];
        let is_std = |word: &&str| source.find(&["std", ":", ":", word]).is_some();
        blocking.iter().any(is_std) || source.find(&["std", ":", ":", "{"]).is_some()
    });
    if let Some(spot) = task {
        return Told {
            name: "async-blocks",
            message: format!(
                "only one {noun} waits at a time: one thread does all of them, and it is blocked while it waits"
            ),
            hint: format!(
                "{} is `async`, but a call of the standard library such as `fs::read_to_string` blocks its whole thread, \
                 and with it all tasks there: take `tokio::task::spawn_blocking`, the calls of `tokio::fs`, or threads",
                spot.line()
            ),
            spot: Some(spot),
        };
    }
    Told {
        name: "one-after-the-other",
        message: format!("only one {noun} waits at a time: one thread does all of them, one after the other"),
        hint: "start a thread for each (`thread::spawn`, or `spawn` in a `thread::scope`), and wait for the first one only \
               when all are started"
            .into(),
        spot: None,
    }
}

/// The mistakes that this check names, each with the words for an example.
pub(in crate::check) fn examples() -> Vec<Mistake> {
    let pattern = |text: &str| text.parse().ok();
    let between = pattern("item-*.txt").zip(pattern("stock-*.txt"));
    let between = between.map(|(first, second)| (Lacks::Between { first, second }, ""));
    let all = [
        (
            Lacks::Alone(Cause::NothingRead {
                opened: 0,
                cut_off: 0,
            }),
            "println!(\"done\");",
        ),
        (
            Lacks::Alone(Cause::NoThreads),
            "for task in tasks {\n    println!(\"{}\", task());\n}",
        ),
        (
            Lacks::Alone(Cause::SpawnJoinLoop { threads: 10 }),
            "for task in tasks {\n    let line = thread::spawn(task).join().unwrap();\n}",
        ),
        (
            Lacks::Alone(Cause::NoThreads),
            "use std::fs;\n\nasync fn task(name: &str) -> String {\n    fs::read_to_string(name).unwrap()\n}\n\n\
             tokio::join!(task(\"first.txt\"), task(\"second.txt\"));",
        ),
        (
            Lacks::Alone(Cause::Serialised { threads: 10 }),
            "let mut shared = lock.lock().unwrap();\nshared.push(fs::read_to_string(name).unwrap());",
        ),
        (Lacks::EndsTooEarly { reads: 2 }, "thread::spawn(second);"),
        (Lacks::SameFile, ""),
        (
            Lacks::OneFile,
            "println!(\"first: {}\", read(\"first.txt\"));",
        ),
        (
            Lacks::MainReads,
            "let first = read(\"first.txt\");\nlet second = thread::spawn(|| read(\"second.txt\"));",
        ),
        (
            Lacks::AtOnce { most: 8, asked: 10 },
            "let pool = ThreadPoolBuilder::new().num_threads(8).build().unwrap();",
        ),
        (
            Lacks::InPart {
                whole: 8200,
                longest: 2000,
                sum: 11_000,
            },
            "",
        ),
        (
            Lacks::Mean {
                seen: 1.25,
                asked: 1.9,
            },
            "",
        ),
    ];
    let mistake = |(lacks, code): (Lacks, &'static str)| {
        let source = Source::new([("src/main.rs".to_owned(), code.to_owned())]);
        let told = word(&lacks, &Words::READS, &source);
        Mistake {
            name: told.name.to_owned(),
            check: CheckId::Overlap,
            message: told.message,
            hint: told.hint,
            code: Some(code).filter(|code| !code.is_empty()),
        }
    };
    all.into_iter().chain(between).map(mistake).collect()
}
