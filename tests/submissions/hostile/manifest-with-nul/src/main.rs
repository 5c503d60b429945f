//! Its description has a character that no variable can hold.

mod sum;

fn main() {
    sum::print();
}
