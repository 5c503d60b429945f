//! Configures variables for whatever cargo starts, one of which loads its own code.

mod sum;

fn main() {
    sum::print();
}
