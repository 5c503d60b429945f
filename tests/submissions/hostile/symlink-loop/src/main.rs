//! Has a symbolic link to its own folder, to keep whoever walks it busy for ever.

mod sum;

fn main() {
    sum::print();
}
