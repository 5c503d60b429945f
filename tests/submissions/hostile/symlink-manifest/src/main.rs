//! Its manifest is a symbolic link to a file that is not its own.

mod sum;

fn main() {
    sum::print();
}
