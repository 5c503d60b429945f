//! Puts a link to a folder outside in the place of its data folder, for the clean-up to follow.

mod sum;

fn main() {
    let _ = std::fs::rename("../data", "../moved");
    let _ = std::os::unix::fs::symlink("@OPEN@", "../data");
    sum::print();
}
