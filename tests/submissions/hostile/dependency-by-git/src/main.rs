//! Depends on a repository on a server, to have it called at build time.

mod sum;

fn main() {
    sum::print();
}
