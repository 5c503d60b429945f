//! Data that a program of the course makes.

use std::fs;

use super::made::{Made, check};
use crate::support::command::run;

const CHECKS: [&str; 4] = ["build", "run", "output", "files-read"];

const EXERCISE: &str = "[recipe.program]\ncrate = \"generators/tree\"\n";

/// Files in two folders, whose sizes depend on the seed.
const GENERATOR: &str = r#"
fn main() {
    let seed: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    std::fs::create_dir_all("a/b").unwrap();
    for i in 0..3 {
        std::fs::write(format!("a/b/{i}.txt"), "x".repeat(10 * seed + i)).unwrap();
    }
    std::fs::write("top.txt", "y").unwrap();
}
"#;

const SIZES: &str = r#"
fn main() {
    let names = ["top.txt", "a/b/0.txt", "a/b/1.txt", "a/b/2.txt"];
    let sizes = names.map(|name| std::fs::read(name).unwrap().len());
    println!("{}", sizes.iter().sum::<usize>());
}
"#;

fn made(generator: &str) -> Made {
    let made = Made::new(&CHECKS, EXERCISE, SIZES);
    made.package("generators/tree", generator);
    made
}

#[test]
fn what_the_generator_wrote_is_the_data_of_all() {
    // An empty file has nothing that can be read.
    let made = made(&GENERATOR.replace("10 * seed + i", "10 * seed + i + 1"));
    let right = made.graded("right", SIZES);
    assert_eq!(right["verdict"], "pass", "{right:#}");
    let wrong = made.graded(
        "wrong",
        &SIZES.replace("[\"top.txt\", ", "[\"top.txt\", \"top.txt\", "),
    );
    let output = check(&wrong, "output");
    assert_eq!(output["status"], "fail", "{wrong:#}");

    let dir = made.root.join("by-hand");
    let data = &["data", "made", "--seed", "5"];
    run(made.grade(data).arg(&dir))
        .code(0)
        .reports(&["4 files of seed 5"]);
    assert_eq!(fs::read(dir.join("a/b/2.txt")).unwrap().len(), 53);
    made.workspace.assert_nothing_left();
}

#[test]
fn a_generator_that_fails_is_told_with_what_it_said() {
    for (generator, words) in [
        (
            "fn main() { panic!(\"no such seed\") }",
            &[
                "failed to make the data of seed 0",
                "exited with code 101",
                "no such seed",
            ][..],
        ),
        (
            "fn main() {}",
            &["failed to make the data of seed 0", "there is no file"],
        ),
        (
            "fn main() { std::fs::write(\"a b\", \"\").unwrap() }",
            &["`a b` is no name of a data file"],
        ),
        (
            "fn main() { nothing() }",
            &["the reference did not pass", "nothing"],
        ),
    ] {
        let made = made(generator);
        run(made.grade(&["made"]).arg(made.root.join("exercises/made"))).refuses(4, words);
        made.workspace.assert_nothing_left();
    }
}
