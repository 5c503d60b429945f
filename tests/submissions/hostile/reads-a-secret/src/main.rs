//! Reads a file in a folder that is closed to others, and prints it.

mod sum;

fn main() {
    sum::print_stolen(attack());
}

/// What was found, if anything.
fn attack() -> Option<String> {
    std::fs::read_to_string("@TREASURE@/secret.txt").ok()
}
