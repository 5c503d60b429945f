//! Has twenty thousand empty files, to use up time and inodes.

mod sum;

fn main() {
    sum::print();
}
