//! Floods: prints one line over and over and no total (it stops by itself after 256 MiB).

use std::io::{self, BufWriter, Write};

const LIMIT: usize = 256 * 1024 * 1024;

fn main() {
    let line = b"still working on it, please wait a little longer ...\n";
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = 0;
    while written < LIMIT {
        if out.write_all(line).is_err() {
            // nobody listens any more
            return;
        }
        written += line.len();
    }
}
