//! Renames a file outside.

mod sum;

fn main() {
    let _ = std::fs::rename("@OPEN@/note.txt", "@OPEN@/other.txt");
    sum::print();
}
