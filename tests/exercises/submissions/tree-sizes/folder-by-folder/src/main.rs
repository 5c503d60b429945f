//! Wrong: the files of one folder are waited for at the same time, but one folder after the other.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

fn main() {
    size(Path::new("."));
}

fn size(folder: &Path) -> usize {
    let (folders, files): (Vec<_>, Vec<_>) = paths(folder).into_iter().partition(|path| path.is_dir());
    let mut total: usize = thread::scope(|scope| {
        let threads: Vec<_> = files
            .iter()
            .map(|file| scope.spawn(|| characters(file)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    total += folders.iter().map(|folder| size(folder)).sum::<usize>();
    println!("{}: {total}", folder.display());
    total
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect()
}

fn characters(file: &Path) -> usize {
    let text = fs::read_to_string(file).expect("a data file can be read");
    text.split_whitespace().map(str::len).sum()
}
