//! Has two sources whose names differ in capitals only.

mod sum;

fn main() {
    sum::print();
}
