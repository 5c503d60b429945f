//! Writes into the other folder for temporary files.

mod sum;

fn main() {
    let _ = std::fs::write("/var/tmp/@TOKEN@", "x");
    sum::print();
}
