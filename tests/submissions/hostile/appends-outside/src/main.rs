//! Appends to a file outside.

mod sum;

fn main() {
    use std::io::Write;
    if let Ok(mut file) = std::fs::OpenOptions::new()
        .append(true)
        .open("@OPEN@/note.txt")
    {
        let _ = file.write_all(b"x");
    }
    sum::print();
}
