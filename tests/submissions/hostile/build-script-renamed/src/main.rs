//! Has a build script under another name that writes where it must not.

mod sum;

fn main() {
    sum::print();
}
