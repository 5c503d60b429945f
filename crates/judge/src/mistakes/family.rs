//! The mistakes in a total that are known in every exercise, as they are explained: name, meaning and what to try.
//!
//! Hides which there are. Never looks at a total: `families` finds the mistake, with its numbers.

use crate::check::Mistake;
use ids::CheckId;

/// A mistake, or a kind of mistakes.
pub(super) struct Family {
    /// Its name, which a record has as the diagnosis.
    pub(super) id: &'static str,
    /// What it is, without the numbers of a submission.
    means: &'static str,
    /// What to try.
    pub(super) advice: &'static str,
    /// Lines of a program that make it.
    code: Option<&'static str>,
}

pub(super) const REMEMBERED_ANSWER: Family = Family {
    id: "remembered-answer",
    means: "the program prints the total of one dataset, whatever the files hold",
    advice: "compute the total from the files in the current folder: the grader makes new files each time",
    code: None,
};
pub(super) const SAME_ON_ALL_DATA: Family = Family {
    id: "same-on-all-data",
    means: "the program prints the same number on all datasets, whatever the files hold",
    advice: "compute the total from the files in the current folder: the grader makes new files each time",
    code: None,
};
pub(super) const OTHER_LINES: Family = Family {
    id: "other-lines",
    means: "the total is the one of other lines than those that are asked for",
    advice: "print the numbers that the program takes from one file, open that file in an editor, and see on which lines \
             they are",
    code: None,
};
pub(super) const ONE_LINE_ONLY: Family = Family {
    id: "one-line-only",
    means: "the numbers on one line were added up, and no other line of the files counts",
    advice: "print what the program computes of one file, and compute the same by hand: does it use every line that is \
             asked for?",
    code: None,
};
pub(super) const EVERY_FILE_MANY_TIMES: Family = Family {
    id: "every-file-many-times",
    means: "the total is several times the right one, so every file counts several times",
    advice: "does each thread go through all files? Give each thread files of its own",
    code: None,
};
pub(super) const ONE_FILE_MISSING: Family = Family {
    id: "one-file-missing",
    means: "the value of one file is missing",
    advice: "print the names of the files that the program adds up, in their order: is the first one there, and the last? \
             A loop may begin too late or end too early, and a division of whole numbers may leave one file over",
    code: None,
};
pub(super) const ONE_FILE_TWICE: Family = Family {
    id: "one-file-twice",
    means: "one file counts twice",
    advice: "do two threads get the same file? Print the first and the last index of each thread",
    code: None,
};
pub(super) const REST_DROPPED: Family = Family {
    id: "rest-dropped",
    means: "the last files are missing, as when files are divided among threads and the rest is left out, such as 1000 = \
            7 × 142 + 6",
    advice: "a division of whole numbers drops the rest: give the rest to a thread too, or round the size of a part up",
    code: Some(
        "let size = files.len() / 7;\nfor part in files.chunks_exact(size) {\n    scope.spawn(|| sum_of(part));\n}",
    ),
};
pub(super) const LAST_FILES_MISSING: Family = Family {
    id: "last-files-missing",
    means: "the last files are missing, and they were not read",
    advice: "print how many files each thread gets, and add up these numbers: does every thread start, and is the list of \
             files cut too early?",
    code: None,
};
pub(super) const ONE_THREAD_KEPT: Family = Family {
    id: "one-thread-kept",
    means: "the total is the sum of one thread: the others were overwritten, or never added",
    advice: "add up what all threads found: let each one return its sum, and add it after `join`",
    code: Some("for thread in threads {\n    total = thread.join().unwrap();\n}"),
};
pub(super) const ONE_THREAD_LOST: Family = Family {
    id: "one-thread-lost",
    means: "all files were read, and the sum of one thread is missing",
    advice: "is each thread joined, and is what each one returns added? Print the sum of each thread",
    code: Some(
        "for thread in threads.into_iter().skip(1) {\n    total += thread.join().unwrap();\n}",
    ),
};
pub(super) const ONE_FILE_KEPT: Family = Family {
    id: "one-file-kept",
    means: "the total is the value of a single file: the others were overwritten, or never added",
    advice: "add each value to the total: `=` replaces what was there",
    code: None,
};
pub(super) const SAME_DIFFERENCE: Family = Family {
    id: "same-difference",
    means: "the total is too large or too small by the same number on every dataset, whatever the files hold",
    advice: "with which number does the total begin, and is anything added to it that is in no file?",
    code: None,
};
pub(super) const SOME_FILES_MISSING: Family = Family {
    id: "some-files-missing",
    means: "the total of the files that were read is right, but not all files were read",
    advice: "does each file belong to exactly one thread? Print how many files each thread gets, and add up these numbers",
    code: None,
};
pub(super) const RACE: Family = Family {
    id: "race",
    means: "the total changes from run to run on the same data, and the program has threads",
    advice: "this is a race: two threads use the total at the same time, and one overwrites what the other added. Let each \
             thread return a sum of its own and add these up after `join`, or read and write the total in one step",
    code: Some(
        "let old = total.load(Relaxed);\n// Another thread may add here, and what it adds is lost.\n\
         total.store(old + product, Relaxed);",
    ),
};
pub(super) const UNSTEADY: Family = Family {
    id: "unsteady",
    means: "the total changes from run to run on the same data, and the program has no threads",
    advice: "what in the program is not the same on every run: a time, a random number, the order of a `HashMap`?",
    code: None,
};

/// Those that a wrong total is compared with.
pub(super) const OF_TOTALS: [Family; 14] = [
    REMEMBERED_ANSWER,
    SAME_ON_ALL_DATA,
    OTHER_LINES,
    ONE_LINE_ONLY,
    EVERY_FILE_MANY_TIMES,
    ONE_FILE_MISSING,
    ONE_FILE_TWICE,
    REST_DROPPED,
    LAST_FILES_MISSING,
    ONE_THREAD_KEPT,
    ONE_THREAD_LOST,
    ONE_FILE_KEPT,
    SAME_DIFFERENCE,
    SOME_FILES_MISSING,
];

/// The mistakes in a total that are known in every exercise.
#[must_use]
pub fn explained() -> Vec<Mistake> {
    let families = OF_TOTALS.into_iter().chain([RACE, UNSTEADY]);
    let mistake = |family: Family| Mistake {
        name: family.id.to_owned(),
        check: CheckId::Total,
        message: family.means.to_owned(),
        hint: family.advice.to_owned(),
        code: family.code,
    };
    families.map(mistake).collect()
}
