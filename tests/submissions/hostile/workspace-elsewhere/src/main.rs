//! Says that its workspace is in a folder that it chooses.

mod sum;

fn main() {
    sum::print();
}
