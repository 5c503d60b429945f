//! Takes its program from an absolute path.

mod sum;

fn main() {
    sum::print();
}
