//! Depends on a crate that is spelled nearly as an allowed one.

mod sum;

fn main() {
    sum::print();
}
