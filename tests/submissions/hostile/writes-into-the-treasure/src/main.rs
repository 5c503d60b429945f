//! Writes into a folder that is closed to others.

mod sum;

fn main() {
    let _ = std::fs::write("@TREASURE@/secret.txt", "gone");
    sum::print();
}
