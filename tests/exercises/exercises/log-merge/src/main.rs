//! Print the lines of all logs in the order of time.

use std::{fs, io};

fn main() -> io::Result<()> {
    for entry in fs::read_dir("logs")? {
        // TODO: wait for all logs at the same time.
        // TODO: print all lines, in the order of time.
        let text = fs::read_to_string(entry?.path())?;
        println!("{}", text.lines().next().unwrap_or_default());
    }
    Ok(())
}
