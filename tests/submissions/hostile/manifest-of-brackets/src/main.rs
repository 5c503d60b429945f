//! Its manifest has twenty thousand brackets inside each other.

mod sum;

fn main() {
    sum::print();
}
