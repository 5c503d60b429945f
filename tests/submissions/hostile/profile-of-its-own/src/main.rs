//! Sets a profile of its own, with a wrapper of the code generator.

mod sum;

fn main() {
    sum::print();
}
