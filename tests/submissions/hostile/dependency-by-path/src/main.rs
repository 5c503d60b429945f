//! Depends on the folder of another student.

mod sum;

fn main() {
    sum::print();
}
