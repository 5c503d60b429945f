//! Replaces an allowed crate by a folder outside.

mod sum;

fn main() {
    sum::print();
}
