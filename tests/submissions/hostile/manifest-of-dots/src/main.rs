//! Its manifest has a key with six thousand parts.

mod sum;

fn main() {
    sum::print();
}
