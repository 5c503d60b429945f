//! Writes into the folder of the compiled crates, which other submissions use.

mod sum;

fn main() {
    let _ = std::fs::write("@CACHE@/@TOKEN@", "poison");
    sum::print();
}
