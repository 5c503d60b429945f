//! Takes a hidden file into its program as text, and prints it.

mod sum;

fn main() {
    sum::print_stolen(Some(include_str!("@TREASURE@/secret.txt").to_string()));
}
