//! Empties a file outside.

mod sum;

fn main() {
    let _ = std::fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open("@OPEN@/note.txt");
    sum::print();
}
