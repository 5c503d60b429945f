//! Has a device that never ends among its files, to fill the disk of whoever copies it.

mod sum;

fn main() {
    sum::print();
}
