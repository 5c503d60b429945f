//! Makes a file of one TiB that is nothing but a hole.

mod sum;

fn main() {
    let folder = std::env::var("TMPDIR").unwrap();
    if let Ok(file) = std::fs::File::create(folder + "/hole") {
        let _ = file.set_len(1 << 40);
    }
    sum::print();
}
