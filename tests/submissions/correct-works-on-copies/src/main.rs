//! Each task copies its file into the temporary folder first, as if the originals were precious, and
//! reads the copy.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use rayon::prelude::*;

fn product(original: &Path, workshop: &Path) -> io::Result<u64> {
    let copy = workshop.join(original.file_name().expect("it has a name"));
    fs::copy(original, &copy)?;
    let text = fs::read_to_string(&copy)?;
    fs::remove_file(&copy)?;
    let number = |line| text.lines().nth(line).unwrap().trim().parse::<u64>().unwrap();
    Ok(number(2) * number(16))
}

fn main() -> io::Result<()> {
    let workshop = env::temp_dir().join("copies");
    fs::create_dir(&workshop)?;
    let files: Vec<PathBuf> = fs::read_dir(".")?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    let total: u64 = files
        .par_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "numbers"))
        .map(|path| product(path, &workshop))
        .sum::<io::Result<u64>>()?;
    println!("{total}");
    Ok(())
}
