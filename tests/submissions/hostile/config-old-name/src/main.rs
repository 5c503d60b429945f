//! Configures cargo by the file's old name, without an ending.

mod sum;

fn main() {
    sum::print();
}
