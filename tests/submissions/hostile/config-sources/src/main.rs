//! Configures cargo to take crates from a server of its own, with its own program for the password.

mod sum;

fn main() {
    sum::print();
}
