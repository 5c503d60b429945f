//! Writes the folder of cargo's configuration in capitals.

mod sum;

fn main() {
    sum::print();
}
