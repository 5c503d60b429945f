//! Puts a link into a folder outside.

mod sum;

fn main() {
    let _ = std::os::unix::fs::symlink("/etc/passwd", "@OPEN@/link");
    sum::print();
}
