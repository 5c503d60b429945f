//! Makes thirty thousand empty files, and waits to be seen.

mod sum;

fn main() {
    let folder = std::env::var("TMPDIR").unwrap();
    for n in 0..30_000 {
        if std::fs::File::create(format!("{folder}/{n}")).is_err() {
            break;
        }
    }
    std::thread::sleep(std::time::Duration::from_secs(2));
    sum::print();
}
