//! Configures cargo to use its own program as the compiler.

mod sum;

fn main() {
    sum::print();
}
