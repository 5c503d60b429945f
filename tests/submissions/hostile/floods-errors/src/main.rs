//! Writes 32 MiB to standard error.

mod sum;

fn main() {
    let line = "x".repeat(1023);
    for _ in 0..32 << 10 {
        eprintln!("{line}");
    }
    sum::print();
}
