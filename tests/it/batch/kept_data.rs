//! The data files that one submission ran on serve the next one, and nothing that was done to them reaches it.

use std::fs;

use serde_json::Value;

use super::class::{Class, record};
use crate::support::command::shown;

/// Reads every file, does something to each, leaves something, and prints the right total.
const ATTACKER: &str = r#"
use std::{fs, fs::File, io, io::Write, os::unix::fs::{FileExt, PermissionsExt}, path::Path, time::SystemTime};

unsafe extern "C" {
    fn fork() -> i32;
    fn usleep(microseconds: u32) -> i32;
    fn mmap(at: *mut u8, length: usize, protection: i32, flags: i32, fd: i32, offset: i64) -> *mut u8;
}

fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).open(path)
}

/// Change a file through a mapping, which may leave its times as they are.
fn map(path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let file = open(path)?;
    let bytes = unsafe { mmap(std::ptr::null_mut(), 2, 3, 1, file.as_raw_fd(), 0) };
    if bytes as isize != -1 {
        unsafe {
            std::ptr::read_volatile(bytes);
            std::ptr::write_volatile(bytes, b'9');
        }
    }
    Ok(())
}

fn act(path: &Path) -> io::Result<()> {
    match env!("CARGO_PKG_NAME") {
        "writes" => open(path)?.write_all_at(b"9", 0),
        "appends" => File::options().append(true).open(path)?.write_all(b"9\n"),
        "cuts" => open(path)?.set_len(2),
        "removes" => fs::remove_file(path),
        "replaces" => {
            fs::write("new", "9\n".repeat(20))?;
            fs::rename("new", path)
        }
        "links" => fs::hard_link(path, path.with_extension("link.numbers"))
            .and_then(|()| fs::hard_link(path, Path::new("..").join(path.file_name().unwrap()))),
        "sets-modes" => fs::set_permissions(path, fs::Permissions::from_mode(0o000))
            .and_then(|()| fs::set_permissions(".", fs::Permissions::from_mode(0o777))),
        "sets-times" => File::open(path)?.set_times(fs::FileTimes::new().set_accessed(SystemTime::now())),
        "maps" => map(path),
        "leaves-files" => fs::write(path.with_extension("more.numbers"), "9\n".repeat(20)),
        _ => Ok(()),
    }
}

fn main() {
    let entries = fs::read_dir(".").unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|x| x == "numbers")).collect();
    files.sort();
    let total: u64 = files
        .iter()
        .map(|path| {
            let numbers: Vec<u64> = fs::read_to_string(path).unwrap().lines().map(|line| line.parse().unwrap()).collect();
            numbers[2] * numbers[16]
        })
        .sum();
    if env!("CARGO_PKG_NAME") == "leaves-a-process" && unsafe { fork() } == 0 {
        // Until it is killed, and long after that, if it is not.
        for _ in 0..200 {
            unsafe { usleep(50_000) };
            for path in &files {
                let _ = open(path).and_then(|file| file.write_all_at(b"9", 0)).and_then(|()| map(path));
                let _ = fs::read(path);
            }
        }
        return;
    }
    for path in &files {
        let _ = act(path);
    }
    println!("{total}");
}
"#;

const DEEDS: [&str; 11] = [
    "writes",
    "appends",
    "cuts",
    "removes",
    "replaces",
    "links",
    "sets-modes",
    "sets-times",
    "maps",
    "leaves-files",
    "leaves-a-process",
];

/// A submission in the class.
fn add(class: &Class, id: &str, package: &str, main: &str) {
    let folder = class.folder().join(id);
    fs::create_dir_all(folder.join("src")).unwrap();
    let manifest =
        format!("[package]\nname = \"{package}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/main.rs"), main).unwrap();
}

/// The record without the name of its submission.
fn nameless(class: &Class, out: &str, id: &str) -> Value {
    let mut record = record(&class.out(out), id);
    record["submission"]["id"] = Value::Null;
    record
}

#[track_caller]
fn victims_are_unaffected(isolation: &str) {
    let class = Class::new(&[]);
    class.add("correct-modules", "00-victim");
    for (number, deed) in (10..).zip(DEEDS) {
        add(&class, &format!("{number}-attacker"), deed, ATTACKER);
        class.add("correct-modules", &format!("{number}-victim"));
    }
    // One after the other, so that each victim follows its attacker.
    let output = class.batch("out", &["--jobs", "1", "--isolation", isolation]);
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}",
        shown(&output)
    );
    let expected = nameless(&class, "out", "00-victim");
    assert_eq!(expected["verdict"], "pass", "{expected:#}");
    for (number, deed) in (10..).zip(DEEDS) {
        let found = nameless(&class, "out", &format!("{number}-victim"));
        assert_eq!(found, expected, "after one that {deed}");
    }
}

#[test]
#[ignore = "takes ten seconds; run by its own command, and by `.ci/run`"]
fn what_an_attacker_did_to_the_data_does_not_reach_the_next_submission() {
    victims_are_unaffected("auto");
}

#[test]
#[ignore = "takes ten seconds; run by its own command, and by `.ci/run`"]
fn nor_does_it_where_no_fence_keeps_the_files_as_they_are() {
    victims_are_unaffected("none");
}

/// Prints the number of the folder in which it runs.
const TELLS: &str = r#"
fn main() {
    let folder = std::env::current_dir().unwrap();
    let name = folder.file_name().unwrap().to_string_lossy();
    println!("{}", name.rsplit('-').next().unwrap());
}
"#;

/// The folders in which the programs of the class ran on the first dataset.
fn folders(class: &Class, isolation: &str, ids: &[&str]) -> (Vec<String>, String) {
    class.batch(isolation, &["--jobs", "1", "--isolation", isolation]);
    let mut tier = String::new();
    let folders = ids.iter().map(|id| {
        let record = record(&class.out(isolation), id);
        record["grader"]["tier"]
            .as_str()
            .unwrap()
            .clone_into(&mut tier);
        let answer = record["runs"][0]["answer"].as_str();
        answer.unwrap_or_else(|| panic!("{record:#}")).to_owned()
    });
    (folders.collect(), tier)
}

#[test]
fn a_folder_serves_again_only_behind_a_fence_and_after_a_run_that_ended_well() {
    let class = Class::new(&["exits-nonzero"]);
    for id in ["a", "b", "c", "f", "m"] {
        add(&class, id, "tells", TELLS);
    }
    add(&class, "g", "leaves-a-process", ATTACKER);
    let ids = ["a", "b", "c", "f", "m"];
    let (folders_fenced, tier) = folders(&class, "auto", &ids);
    if matches!(&*tier, "full" | "confined") {
        let [first, second, third, after_error, after_process] = &folders_fenced[..] else {
            panic!("{folders_fenced:?}")
        };
        assert_eq!([second, third], [first, first], "after honest submissions");
        assert_ne!(after_error, third, "after one that exits with an error");
        assert_ne!(
            after_process, after_error,
            "after one that left a process behind"
        );
    }
    let (mut open, _) = folders(&class, "none", &ids);
    open.sort();
    open.dedup();
    assert_eq!(open.len(), ids.len(), "without a fence");
}
