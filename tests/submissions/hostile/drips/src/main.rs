//! Writes one byte every ten milliseconds, for twenty seconds.

use std::io::Write;

fn main() {
    for _ in 0..2000 {
        let _ = std::io::stdout().write_all(b".");
        let _ = std::io::stdout().flush();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
