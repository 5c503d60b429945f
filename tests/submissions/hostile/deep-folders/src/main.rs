//! Has a thousand folders inside each other, to trip whoever walks or removes them.

mod sum;

fn main() {
    sum::print();
}
