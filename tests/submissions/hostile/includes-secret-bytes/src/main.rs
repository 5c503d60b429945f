//! Takes a file that everybody may read into its program as bytes, and prints it.

mod sum;

fn main() {
    sum::print_stolen(Some(
        String::from_utf8_lossy(include_bytes!("@OPEN@/note.txt")).to_string(),
    ));
}
