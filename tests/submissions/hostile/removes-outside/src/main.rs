//! Removes a file outside.

mod sum;

fn main() {
    let _ = std::fs::remove_file("@OPEN@/note.txt");
    sum::print();
}
