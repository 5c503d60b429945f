//! Makes thirty thousand empty files.

mod sum;

fn main() {
    if std::fs::create_dir("heap").is_ok() {
        for n in 0..30_000 {
            if std::fs::File::create(format!("heap/{n}")).is_err() {
                break;
            }
        }
    }
    sum::print();
}
