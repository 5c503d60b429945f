//! Programs of known concurrency. `observer-programs MODE THREADS` reads the files of its working
//! directory in the way that the mode says; how much virtual time that takes stands in the
//! table of the tests.

#![expect(
    clippy::disallowed_methods,
    clippy::unbuffered_bytes,
    reason = "programs as beginners write them"
)]

mod clients;
mod decoys;
mod monitors;
mod own_pools;
mod pools;
mod raw;
mod serial;
mod slow;

use std::{env, fs, path::PathBuf};

/// The data files, in byte order.
fn files() -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "numbers"))
        .collect();
    files.sort_unstable();
    files
}

/// Something that depends on every byte.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte)).sum()
}

fn read(path: &PathBuf) -> u64 {
    digest(&fs::read(path).unwrap())
}

/// Where a program may write: outside the data.
fn elsewhere() -> PathBuf {
    PathBuf::from(env::var_os("ELSEWHERE").unwrap())
}

fn main() {
    let mode = env::args().nth(1).unwrap();
    let threads: usize = env::args().nth(2).map_or(1, |n| n.parse().unwrap());
    let total = serial::run(&mode)
        .or_else(|| pools::run(&mode, threads))
        .or_else(|| decoys::run(&mode, threads))
        .or_else(|| monitors::run(&mode, threads))
        .or_else(|| slow::run(&mode, threads))
        .or_else(|| clients::run(&mode, threads))
        .unwrap_or_else(|| panic!("no program `{mode}`"));
    println!("{total}");
}
