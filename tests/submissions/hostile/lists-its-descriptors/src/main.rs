//! Looks for open files that it did not open itself.

mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return false;
    };
    let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<i32>().ok();
    // Listing them takes one itself.
    entries
        .flatten()
        .filter_map(number)
        .filter(|&fd| fd > 2)
        .count()
        > 1
}
