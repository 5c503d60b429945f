//! Takes a hidden file as code, so that the compiler shows it in an error.

fn main() {
    include!("@TREASURE@/secret.txt");
}
