use std::fs;
use std::io;
use std::path::PathBuf;

pub fn find(dir: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ext| ext == "numbers") {
            found.push(path);
        }
    }
    Ok(found)
}
