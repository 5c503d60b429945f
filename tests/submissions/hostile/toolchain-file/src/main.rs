//! Names a toolchain of its own, whose compiler is its own program.

mod sum;

fn main() {
    sum::print();
}
