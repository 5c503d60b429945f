//! Has a FIFO beside its source, to make whoever copies it wait for ever.

mod sum;

fn main() {
    sum::print();
}
