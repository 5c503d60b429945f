//! Has a file whose name ends in a dot, which other systems take for another.

mod sum;

fn main() {
    sum::print();
}
