//! Is a workspace of whatever lies around it.

mod sum;

fn main() {
    sum::print();
}
