//! Writes into the folder for temporary files.

mod sum;

fn main() {
    let _ = std::fs::write("/tmp/@TOKEN@", "x");
    sum::print();
}
