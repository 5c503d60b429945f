//! Brings a lock file that names crates on a server of its own.

mod sum;

fn main() {
    sum::print();
}
