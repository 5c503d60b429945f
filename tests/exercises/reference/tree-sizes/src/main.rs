//! The model solution: a thread for each file and each folder.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

fn main() {
    size(Path::new("."));
}

fn size(path: &Path) -> usize {
    if path.is_file() {
        return characters(path);
    }
    let below = paths(path);
    let total: usize = thread::scope(|scope| {
        let threads: Vec<_> = below.iter().map(|path| scope.spawn(|| size(path))).collect();
        let sizes = threads.into_iter().map(|thread| thread.join());
        sizes.map(|size| size.expect("the thread ends")).sum()
    });
    println!("{}: {total}", path.display());
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
