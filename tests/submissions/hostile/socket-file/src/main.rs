//! Has a socket among its files, to trip whoever copies it.

mod sum;

fn main() {
    sum::print();
}
