//! Reads the environment of another process, and prints it.

mod sum;

fn main() {
    sum::print_stolen(attack());
}

/// What was found, if anything.
fn attack() -> Option<String> {
    String::from_utf8(std::fs::read("/proc/@VICTIM_PID@/environ").ok()?)
        .ok()
        .filter(|text| !text.is_empty())
}
