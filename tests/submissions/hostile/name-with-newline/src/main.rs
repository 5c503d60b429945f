//! Has a file whose name is two lines.

mod sum;

fn main() {
    sum::print();
}
