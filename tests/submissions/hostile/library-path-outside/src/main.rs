//! Takes its library from a hidden file, which the compiler would print in its diagnostic.

mod sum;

fn main() {
    sum::print();
}
