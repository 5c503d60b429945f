//! Writes one byte every ten milliseconds, for a minute.

use std::io::Write;

fn main() {
    for _ in 0..6000 {
        let _ = std::io::stdout().write_all(b".");
        let _ = std::io::stdout().flush();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
