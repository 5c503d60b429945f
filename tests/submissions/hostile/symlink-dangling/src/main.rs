//! Has a symbolic link to nowhere, to trip whoever copies it.

mod sum;

fn main() {
    sum::print();
}
