//! Fails to compile at a name in letters that look like others.

fn main() {
    let раss: u8 = "PASS";
}
