//! Has a file whose name is not UTF-8.

mod sum;

fn main() {
    sum::print();
}
