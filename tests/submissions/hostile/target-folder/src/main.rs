//! Brings a target folder with a program in the place where cargo would leave one.

mod sum;

fn main() {
    sum::print();
}
