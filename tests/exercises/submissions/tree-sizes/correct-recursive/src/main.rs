//! Right: all files are found first; a thread for each adds its size to every folder above.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

fn main() {
    let mut files = Vec::new();
    find(Path::new("."), &mut files);
    let sizes = Mutex::new(BTreeMap::<PathBuf, usize>::new());
    thread::scope(|scope| {
        for file in &files {
            let sizes = &sizes;
            scope.spawn(move || {
                let size = characters(file);
                let above = file.ancestors().skip(1).filter(|path| *path != Path::new(""));
                for folder in above {
                    *sizes.lock().unwrap().entry(folder.to_owned()).or_default() += size;
                }
            });
        }
    });
    for (folder, size) in sizes.into_inner().unwrap() {
        println!("{}: {size}", folder.display());
    }
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in paths(folder) {
        if path.is_dir() {
            find(&path, files);
        } else {
            files.push(path);
        }
    }
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
