//! Has a file of one TiB that is nothing but a hole, to fill the disk of whoever copies it.

mod sum;

fn main() {
    sum::print();
}
