//! Makes a file of one TiB that is nothing but a hole.

mod sum;

fn main() {
    if let Ok(file) = std::fs::File::create("hole") {
        let _ = file.set_len(1 << 40);
    }
    sum::print();
}
