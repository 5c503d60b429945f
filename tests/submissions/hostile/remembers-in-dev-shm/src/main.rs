//! Leaves a file in memory in one run and finds it in the next.

mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let path = "/dev/shm/@TOKEN@";
    if std::fs::remove_file(path).is_ok() {
        return true;
    }
    let _ = std::fs::write(path, "1");
    false
}
