//! Its folder has a name that acts on terminals.

mod sum;

fn main() {
    sum::print();
}
