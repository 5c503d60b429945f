//! Opens a library of the compiler for writing (and leaves it alone).

mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let Ok(entries) = std::fs::read_dir("@TOOLCHAIN@/lib") else {
        return false;
    };
    let mut paths = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file());
    paths.any(|path| std::fs::OpenOptions::new().append(true).open(path).is_ok())
}
