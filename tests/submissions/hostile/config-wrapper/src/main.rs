//! Configures cargo to start the compiler through its own program.

mod sum;

fn main() {
    sum::print();
}
