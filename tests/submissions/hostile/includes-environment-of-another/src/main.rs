//! Takes the environment of another process into its program, and prints it.

mod sum;

fn main() {
    sum::print_stolen(Some(
        String::from_utf8_lossy(include_bytes!("/proc/@VICTIM_PID@/environ")).to_string(),
    ));
}
