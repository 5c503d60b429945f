//! Has a procedural macro beside it, which would run in the compiler and write where it must not.

mod sum;

fn main() {
    sum::print();
}
