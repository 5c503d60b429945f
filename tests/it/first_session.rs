//! `docs/first-session.md`: a beginner's way from the starter to a pass, with what the program really prints.
//!
//! `GRADE_BLESS=1 cargo test -p grade --test it first_session::` writes the page anew, and then it is read by a person.
//! Seeds that are drawn and times of day are replaced, since they differ each time.

use std::{fmt::Write as _, fs, time::SystemTime};

use regex_lite::{Captures, Regex};

use crate::support::{command::run, course, workspace::Workspace};

const PAGE: &str = "docs/first-session.md";

/// What the beginner does next.
enum Step {
    /// A paragraph that explains.
    Tell(&'static str),
    /// A command, which ends with this exit code.
    Type(&'static str, i32),
    /// The beginner puts the second text into the place of the first, in `src/main.rs`.
    Edit(&'static str, &'static str),
}
use Step::{Edit, Tell, Type};

const STEPS: &[Step] = &[
    Tell("Ada wants to solve the exercise *sum of products*. She takes a copy of the starter:"),
    Type("grade new sum-of-products mine", 0),
    Tell(
        "The starter is a program that compiles and runs. She grades it before she changes anything:",
    ),
    Type("grade sum-of-products mine", 1),
    Tell(
        "Two things are missing. She begins with the total, takes lines 3 and 17 out of a list of all lines, and forgets that \
         Rust counts from zero. In `src/main.rs`:",
    ),
    Edit(
        "    let mut lines = text.lines();
    // TODO: this is the number on the first line. Take those on lines 3 and 17, and multiply them.
    let first = lines.next().unwrap_or_default();
    first.parse().map_err(io::Error::other)
",
        "    let lines: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    Ok(lines[3] * lines[17])
",
    ),
    Type("grade sum-of-products mine", 1),
    Tell(
        "The report knows this mistake: it computed what the mistake gives on the same data. She mends it:",
    ),
    Edit(
        "    Ok(lines[3] * lines[17])\n",
        "    Ok(lines[2] * lines[16])\n",
    ),
    Tell(
        "Now she asks for a hint on what is left. A hint is a small step, and never the solution:",
    ),
    Type("grade hint sum-of-products mine", 0),
    Type("grade hint sum-of-products mine", 0),
    Tell("She starts a thread for each file, and waits for it in the same loop:"),
    Edit(
        "    let mut total = 0;
    // TODO: share the files out among several threads, so that several are read at the same time.
    for file in data_files(Path::new(\".\"))? {
        total += product(&file)?;
    }
",
        "    let mut total = 0;
    for file in data_files(Path::new(\".\"))? {
        total += std::thread::spawn(move || product(&file)).join().unwrap()?;
    }
",
    ),
    Type("grade sum-of-products mine", 1),
    Tell(
        "All threads have to be started before the first one is waited for. She keeps what `spawn` returns in a list:",
    ),
    Edit(
        "        total += std::thread::spawn(move || product(&file)).join().unwrap()?;
    }
",
        "        threads.push(std::thread::spawn(move || product(&file)));
    }
    for thread in threads {
        total += thread.join().unwrap()?;
    }
",
    ),
    Tell("and forgets to make the list:"),
    Type("grade sum-of-products mine", 1),
    Edit(
        "    let mut total = 0;\n",
        "    let mut total = 0;\n    let mut threads = Vec::new();\n",
    ),
    Type("grade sum-of-products mine", 0),
    Tell(
        "That is a pass. `grade watch sum-of-products mine` would have said all of this by itself, at every save of the file.",
    ),
];

#[test]
fn the_page_shows_what_the_program_prints() {
    let workspace = Workspace::new();
    let folder = workspace.path("ada");
    fs::create_dir(&folder).unwrap();
    let mut page = "# A first session\n\nWhat follows was printed by the program; a test keeps it true. Seeds that are drawn \
                    are replaced by 7131 and 7132.\n"
        .to_owned();
    for step in STEPS {
        match *step {
            Tell(text) => {
                page.push('\n');
                for line in textwrap::wrap(text, 110) {
                    writeln!(page, "{line}").unwrap();
                }
            }
            Edit(before, after) => {
                let path = folder.join("mine/src/main.rs");
                let text = fs::read_to_string(&path).unwrap();
                assert!(text.contains(before), "{before}\n{text}");
                fs::write(&path, text.replacen(before, after, 1)).unwrap();
                writeln!(page, "\n```rust\n{after}```").unwrap();
            }
            Type(typed, code) => {
                let mut command = workspace.grade();
                command
                    .args(typed.split(' ').skip(1))
                    .env("GRADE_COURSE", course())
                    .current_dir(&folder);
                let printed = run(&mut command).code(code).stdout;
                // Of files made at the same time, any is the newest.
                for name in ["Cargo.toml", "README.md"] {
                    let path = folder.join("mine").join(name);
                    let file = fs::File::options().write(true).open(path).unwrap();
                    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
                }
                let printed = printed.replace(&format!("{}/", folder.display()), "");
                writeln!(
                    page,
                    "\n```text\n$ {typed}\n{}\n```",
                    without_chance(printed.trim_end())
                )
                .unwrap();
            }
        }
    }
    let path = course().join(PAGE);
    if std::env::var_os("GRADE_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "{PAGE} is not what the program prints; bless it as the test says:\n{page}"
    );
}

/// The text with the same seeds, ages and tier each time. Reads are observed on one of the drawn seeds, which is called
/// 7131 here; the other one is 7132.
fn without_chance(text: &str) -> String {
    let observed = Regex::new(r"--observe (\d+)").unwrap();
    let observed = observed.captures(text).map(|found| found[1].to_owned());
    let seed = Regex::new(r"(seed[ =]+|--observe )(\d{5,})").unwrap();
    let text = seed.replace_all(text, |found: &Captures<'_>| {
        let is_observed = observed.as_deref() == Some(&found[2]);
        format!("{}{}", &found[1], if is_observed { 7131 } else { 7132 })
    });
    let text = text.replace("--seed 7132 --seed 7131", "--seed 7131 --seed 7132");
    let age = Regex::new(r"saved (just now|[0-9a-z ]+ ago)").unwrap();
    let text = age.replace_all(&text, "saved just now");
    let tier = Regex::new(r"Isolation: [a-z]+").unwrap();
    tier.replace_all(&text, "Isolation: full").into_owned()
}
