//! Asks whether a file outside exists.

mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    std::fs::metadata("@OPEN@/note.txt").is_ok()
}
