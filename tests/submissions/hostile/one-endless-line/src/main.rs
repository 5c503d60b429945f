//! Writes a line of 900 KiB and no other.

fn main() {
    println!("{}", "9".repeat(900 << 10));
}
