//! Has a build script that writes where it must not.

mod sum;

fn main() {
    sum::print();
}
