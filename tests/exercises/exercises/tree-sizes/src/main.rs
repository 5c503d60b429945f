//! Print for each folder how many characters are below it.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let total = size(Path::new("."))?;
    println!(".: {total}");
    Ok(())
}

/// The characters in all files of a folder and of the folders below.
fn size(folder: &Path) -> io::Result<usize> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // TODO: wait for all files at the same time.
        // TODO: print a line for each folder.
        total += if path.is_dir() {
            size(&path)?
        } else {
            fs::read_to_string(path)?.split_whitespace().map(str::len).sum()
        };
    }
    Ok(total)
}
