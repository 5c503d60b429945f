//! Wrong: folders in folders are left out.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

fn main() {
    let mut total = 0;
    thread::scope(|scope| {
        let threads: Vec<_> = paths(Path::new("."))
            .into_iter()
            .filter(|path| path.is_dir())
            .map(|folder| scope.spawn(move || (size(&folder), folder)))
            .collect();
        for thread in threads {
            let (size, folder) = thread.join().unwrap();
            println!("{}: {size}", folder.display());
            total += size;
        }
    });
    println!(".: {total}");
}

fn size(folder: &Path) -> usize {
    let files = paths(folder).into_iter().filter(|path| path.is_file());
    thread::scope(|scope| {
        let threads: Vec<_> = files
            .map(|file| scope.spawn(move || characters(&file)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
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
