//! Reads the arguments of another process, and prints them.

mod sum;

fn main() {
    sum::print_stolen(attack());
}

/// What was found, if anything.
fn attack() -> Option<String> {
    String::from_utf8(std::fs::read("/proc/@VICTIM_PID@/cmdline").ok()?)
        .ok()
        .filter(|text| !text.is_empty())
}
