//! Has a file whose name is a command to a runner, and another that must not be there.

mod sum;

fn main() {
    sum::print();
}
