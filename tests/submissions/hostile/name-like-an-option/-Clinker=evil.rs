//! Its source is called like an option of the compiler.

#[path = "src/sum.rs"]
mod sum;

fn main() {
    sum::print();
}
