//! The texts of the checks for exercises whose data are slow.
//!
//! Never looks at a submission.

use super::{RUN, Texts};

/// The commands that show what waits when, as a picture and by hand.
const PICTURE: &[&str] = &[
    "grade EXERCISE CRATE --formats html",
    "grade data EXERCISE DIR --seed 0",
    "cd DIR",
    "cargo run --manifest-path CRATE/Cargo.toml",
];

/// `output`.
pub(super) const OUTPUT: Texts = (
    "What your program prints to standard output is compared with what the solution of the course prints on the same \
             data. Blank lines, and white space at the end of a line, do not count. The exercise says whether the last line \
             counts or all of them, and whether their order matters. If the exercise asks for saved files, their \
             names and their bytes are compared as well. One dataset is the same for everybody, and the others are new each \
             time.",
    "Write the data of one seed into a folder, start your program there, and compare what it prints with the example \
             in the text of the exercise:",
    RUN,
    &[
        "a line that is not printed, or printed twice",
        "`12` where `first: 12` is asked for",
        "lines in another order than the exercise asks for",
        "a line for yourself, such as `started`, on standard output: use `eprintln!`",
        "a saved file that is cut short, or that should not have been saved",
    ],
);

/// `overlap`.
pub(super) const OVERLAP: Texts = (
    "The grader makes the data slow: each file (or each answer of the server) takes a time of its own, in \
             milliseconds of the slow disk's time. This time is not that of a clock. It goes on only when all threads of \
             your program wait, and then jumps to the next read that is due. So it is known exactly which reads were \
             waited for at the same time, and a fast or a busy computer makes no difference. The exercise says how many have \
             to wait at the same time, how many on average, or which kinds of them.",
    "The web page has a picture of your threads: which of them waited for which file, and when. You can also add \
             `eprintln!(\"start {name}\")` before each read and `eprintln!(\"end {name}\")` behind it. If each `end` \
             follows its own `start`, nothing waits at the same time:",
    PICTURE,
    &[
        "one thread that reads one file after the other",
        "`spawn` and `join` in one loop: each thread is waited for before the next one starts",
        "a pool with fewer threads than there are tasks",
        "a lock that is held while a file is read",
        "`fs::read_to_string` in `async` code: it blocks the thread and all tasks on it",
    ],
);

/// `order`.
pub(super) const ORDER: Texts = (
    "It is written down at which time of the slow disk each line is printed (see `overlap`), and when each file has \
             been read. The exercise says which line has to be there before the next file has come, which line has to \
             be printed while a file is still being read, how far producers may be ahead of consumers, or which files \
             are read once. Nothing is measured with a clock.",
    "The web page has a picture with the times of reads and lines. If all lines come together at the end, your \
             program waits for all results before it prints the first one, or for results in the order of starting:",
    PICTURE,
    &[
        "`join` in the order of starting, although a later task is done first",
        "all results in a `Vec`, printed at the end",
        "`join` or `recv` without a limit on time where the exercise asks for a time-out",
        "a queue without a limit, which takes everything before anybody works on it",
        "two consumers that work on the same item",
    ],
);

/// `ends`.
pub(super) const ENDS: Texts = (
    "When your program ends, no thread of it may still be reading, and no other program that it started may be left. \
             A thread that waits has to sleep, as in `join`, `recv` or `wait`. A thread that asks again and again without \
             a pause, and so keeps a processor busy, is seen by the processor time that it uses while all others \
             wait.",
    "Start your program on the data of one seed, with `time` before the command. If `user` is much more than the \
             work that there is, some thread spins:",
    &[
        "grade data EXERCISE DIR --seed 0",
        "cd DIR",
        "cargo build --manifest-path CRATE/Cargo.toml",
        "time cargo run --manifest-path CRATE/Cargo.toml",
    ],
    &[
        "threads that are not joined before `main` ends",
        "`while !done.load(Relaxed) {}` or a loop around `try_recv` without a pause",
    ],
);
