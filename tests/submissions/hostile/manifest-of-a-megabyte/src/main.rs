//! Its manifest has a megabyte.

mod sum;

fn main() {
    sum::print();
}
