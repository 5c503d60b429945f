//! A class of two thousand, and large files: every submission has a record, in order, and the grader needs
//! little memory.

use std::{fs, process::Child};

use super::class::{Class, outputs, start};
use crate::support::measured::measured;

/// Nearly all of them are refused at the gate, so that it takes seconds.
const MANY: usize = 2000;
/// So many are built and run.
const SOUND: usize = 4;
/// The most memory that the grader may ever hold, in kB.
const MEMORY: u64 = 100_000;

#[test]
#[ignore = "takes ten seconds; run by its own command, and by `.ci/run`"]
fn two_thousand_have_a_record_each_and_the_grader_stays_small() {
    let class = Class::new(&[]);
    for number in 0..MANY {
        let name = format!("s{number:04}");
        if number % (MANY / SOUND) == 7 {
            class.add("correct-scoped-chunks", &name);
            continue;
        }
        let folder = class.folder().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("notes.txt"), format!("{number}")).unwrap();
    }
    let first = peak(start(&class, "out", &["--seed", "7", "--jobs", "2"]));
    let whole = outputs(&class.out("out"));
    assert_eq!(whole.len(), MANY + 2);
    let ids = |text: &str, start: &str, end: char| -> Vec<String> {
        let ids = text.lines().filter_map(|line| {
            let rest = line.split_once(start)?.1;
            Some(rest.split_once(end)?.0.to_owned())
        });
        ids.collect()
    };
    let expected: Vec<String> = (0..MANY).map(|number| format!("s{number:04}")).collect();
    let in_batch = ids(&whole["batch.json"], "\"submission\":{\"id\":\"", '"');
    assert!(in_batch == expected, "{} of them", in_batch.len());
    let gradebook = &whole["gradebook.csv"];
    let in_gradebook: Vec<&str> = gradebook
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert!(in_gradebook == expected, "{} of them", in_gradebook.len());
    let passed = gradebook.matches(",pass,10,10,").count();
    assert_eq!(passed, SOUND);

    // All from disk, by more at a time: the same bytes.
    let second = peak(start(&class, "out", &["--seed", "7", "--jobs", "8"]));
    assert!(whole == outputs(&class.out("out")));
    for peak in [first, second] {
        assert!((1..MEMORY).contains(&peak), "{peak} kB");
    }
}

#[test]
#[ignore = "an unoptimised program reads ten seconds in it; run by its own command, and by `.ci/run`"]
fn a_large_file_of_signs_costs_little_more_than_itself() {
    let class = Class::new(&["lines-from-zero"]);
    let unused = class.folder().join("lines-from-zero/src/unused.rs");
    fs::write(unused, "(".repeat(8 << 20)).unwrap();
    let peak = peak(start(&class, "out", &["--seed", "7"]));
    assert!((1..MEMORY).contains(&peak), "{peak} kB");
}

/// The most memory that a batch held until it ended, in kB.
fn peak(batch: Child) -> u64 {
    measured(batch, 1).memory
}
