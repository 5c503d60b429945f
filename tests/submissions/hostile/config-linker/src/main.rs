//! Configures cargo to link with its own program.

mod sum;

fn main() {
    sum::print();
}
