//! Has a file whose name acts on terminals.

mod sum;

fn main() {
    sum::print();
}
