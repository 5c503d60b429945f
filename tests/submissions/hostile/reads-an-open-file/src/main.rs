//! Reads a file that everybody may read, and prints it.

mod sum;

fn main() {
    sum::print_stolen(attack());
}

/// What was found, if anything.
fn attack() -> Option<String> {
    std::fs::read_to_string("@OPEN@/note.txt").ok()
}
