//! Its version, edition and dependencies act on terminals.

mod sum;

fn main() {
    sum::print();
}
