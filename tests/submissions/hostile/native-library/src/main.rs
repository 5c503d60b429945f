//! Claims a native library.

mod sum;

fn main() {
    sum::print();
}
