//! Writes to both of its streams in turn, without a line break and with bytes that are no text.

mod sum;

fn main() {
    use std::io::Write;
    let noise = [0xffu8, 0, 0xc3, 0x28].repeat(4 << 10);
    for _ in 0..20 {
        let _ = std::io::stdout().write_all(&noise);
        let _ = std::io::stderr().write_all(&noise);
    }
    println!();
    sum::print();
}
