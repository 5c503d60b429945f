//! What a check asks, at length: how it is measured, how a student sees the same, and what fails it.
//!
//! The texts belong to every exercise of this kind. Never looks at a submission.

mod slow;

use self::slow::{ENDS, ORDER, OUTPUT, OVERLAP};
use super::{
    asks, ends, finding::Mistake, multi_threaded, order, output, overlap, standing, total,
};
use ids::CheckId;

/// A check, explained to a student.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// Which check.
    pub id: CheckId,
    /// The question.
    pub asks: &'static str,
    /// How the answer is found.
    pub measured: &'static str,
    /// How to see the same without the grader, in words.
    pub by_hand: &'static str,
    /// Commands for it. `EXERCISE`, `DIR` and `CRATE` stand for names that the reader puts in.
    pub commands: &'static [&'static str],
    /// Examples of what fails.
    pub fails: &'static [&'static str],
}

/// How it is measured, how a student sees the same, commands for it, and examples of what fails.
type Texts = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// The commands that run a program on the data of seed 0.
const RUN: &[&str] = &[
    "grade data EXERCISE DIR --seed 0",
    "cd DIR",
    "cargo run --manifest-path CRATE/Cargo.toml",
];

/// Explain a check.
#[must_use]
pub const fn explanation(id: CheckId) -> Explanation {
    let (measured, by_hand, commands, fails): Texts = match id {
        CheckId::Build => (
            "Your crate is compiled with the compiler and the crates of the course. Its `Cargo.toml` is read first: it may \
             name only crates that the course allows.",
            "Compile it yourself, in the folder of your crate:",
            &["cargo build"],
            &[
                "a semicolon or a bracket that is missing, and every other error of the compiler",
                "a crate in `Cargo.toml` that the course does not allow",
                "a `build.rs`",
            ],
        ),
        CheckId::Run => (
            "Your program is started once on each dataset, in the folder with the data files, without arguments and with \
             nothing to read on standard input. It has to return from `main` before the limits of the course on time, \
             memory and output are reached.",
            "Write the data of one seed into a folder, and start your program there. The last command prints 0 if \
             the program has ended well:",
            &[
                "grade data EXERCISE DIR --seed 0",
                "cd DIR",
                "cargo run --manifest-path CRATE/Cargo.toml",
                "echo $?",
            ],
            &[
                "a panic, such as `unwrap` of an error, that reaches `main`",
                "`std::process::exit(1)`, or an error that `main` returns",
                "a loop without end, or a thread that is waited for and never ends",
            ],
        ),
        CheckId::Total => (
            "The last line that your program prints to standard output, and that is not empty, has to be the right number \
             and nothing else. The solution of the course computes the right number from the same data. One dataset is \
             the same for everybody, and the others are new each time.",
            "Write the data of one seed into a folder, start your program there, and compute a few files by hand:",
            RUN,
            &[
                "lines counted from zero in the place of one",
                "`Total: 42` where `42` is asked for",
                "a sum in a type that is too small, such as `u16`",
                "files that are left out, or added twice",
                "threads that change the same sum without a lock or an atomic",
            ],
        ),
        CheckId::Output => OUTPUT,
        CheckId::FilesRead => (
            "For each data file it is seen whether your program has opened it and read it. After the run, the times and the \
             contents of all files show that none was changed, moved or removed.",
            "Add `eprintln!(\"{}\", path.display());` where a file is read. Then the last command prints how many \
             different files your program has read:",
            &[
                "grade data EXERCISE DIR --seed 0",
                "cd DIR",
                "cargo run --manifest-path CRATE/Cargo.toml 2>&1 >/dev/null | grep '^./' | sort -u | wc -l",
            ],
            &[
                "files that are left over when their number is divided by the number of threads",
                "a file that is opened and not read",
                "a file that is opened for writing",
                "a program that ends while its threads are still reading",
            ],
        ),
        CheckId::MultiThreaded => (
            "The grader makes the disk slow: to read a file takes one round. A thread that reads is stopped until the round \
             is over. While it waits, all other threads go on. When each of them waits as well, for the disk or for \
             another thread, the round ends, and all reads that waited go on together. The number of files divided by the \
             number of rounds tells how many are read at the same time, on average: 1.00 with one thread, 2.00 with two threads that \
             share the files. At least 1.90 are asked for, by threads of one process. No clock is used, so that a fast or a \
             busy computer makes no difference.",
            "The web page has a picture of your threads: which of them read when. You can also add \
             `eprintln!(\"{:?} starts {}\", std::thread::current().id(), path.display());` before each read, and the same \
             with `ends` behind it. If all files start and end one after the other, nothing is read at the same time:",
            &[
                "grade EXERCISE CRATE --formats html",
                "grade data EXERCISE DIR --seed 0",
                "cd DIR",
                "cargo run --manifest-path CRATE/Cargo.toml",
            ],
            &[
                "one thread that reads all files, also if other threads compute",
                "a lock that is held while a file is read",
                "`spawn` and `join` in one loop: each thread is waited for before the next one starts",
                "`chunks(n)` with a number so large that one thread has nearly all files",
            ],
        ),
        CheckId::Overlap => OVERLAP,
        CheckId::Order => ORDER,
        CheckId::Ends => ENDS,
    };
    Explanation {
        id,
        asks: asks(id),
        measured,
        by_hand,
        commands,
        fails,
    }
}

/// The mistakes that checks name in every exercise, in the order of the checks. Two checks may name the same one.
#[must_use]
pub fn mistakes() -> Vec<Mistake> {
    let multi_threaded = multi_threaded::examples().into_iter();
    let multi_threaded = multi_threaded.map(|example| Mistake {
        name: example.name.to_owned(),
        check: CheckId::MultiThreaded,
        message: example.message,
        hint: example.hint,
        code: Some(example.code),
    });
    standing::examples()
        .into_iter()
        .chain(total::examples())
        .chain(output::examples())
        .chain(multi_threaded)
        .chain(overlap::examples())
        .chain(order::examples())
        .chain(ends::examples())
        .collect()
}
