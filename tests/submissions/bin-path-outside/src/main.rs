//! Refused: this file is not built, because the manifest takes the binary from the submission next door.

fn main() {
    println!("0");
}
