//! Its files say that they were written in 1970.

mod sum;

fn main() {
    sum::print();
}
