//! Makes three thousand folders inside each other where it may.

mod sum;

fn main() {
    let home = std::env::current_dir().unwrap();
    std::env::set_current_dir(std::env::var("TMPDIR").unwrap()).unwrap();
    for _ in 0..3000 {
        std::fs::create_dir("d").unwrap();
        std::env::set_current_dir("d").unwrap();
    }
    std::env::set_current_dir(home).unwrap();
    sum::print();
}
