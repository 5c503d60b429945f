//! Hides a dependency that is not allowed among those of its target.

mod sum;

fn main() {
    sum::print();
}
