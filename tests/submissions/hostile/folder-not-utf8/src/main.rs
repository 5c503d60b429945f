//! Its folder has a name that is not UTF-8.

mod sum;

fn main() {
    sum::print();
}
