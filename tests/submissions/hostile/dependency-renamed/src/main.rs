//! Depends on a crate that is not allowed under the name of one that is.

mod sum;

fn main() {
    sum::print();
}
