//! Has a folder that nobody may enter.

mod sum;

fn main() {
    sum::print();
}
