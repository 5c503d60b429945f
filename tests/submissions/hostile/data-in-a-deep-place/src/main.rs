//! Moves its data folder down and puts a file in its place.

mod sum;

fn main() {
    let _ = std::fs::create_dir("../deep");
    let _ = std::fs::rename("../data", "../deep/data");
    let _ = std::fs::write("../data", "a file");
    sum::print();
}
