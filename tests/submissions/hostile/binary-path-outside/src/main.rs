//! Takes its program from a file outside of the submission.

mod sum;

fn main() {
    sum::print();
}
