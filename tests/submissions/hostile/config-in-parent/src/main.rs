//! Puts a configuration of cargo's into the folder above, where cargo looks as well.

mod sum;

fn main() {
    sum::print();
}
