//! Writes a report of its own into its supervisor's pipe and kills it, then ends with 3.

mod raw;
mod sum;

use std::{fs, io::Write};

const REPORT: &str = r#"{"Ran":{"termination":{"kind":"exited","code":0},"stdout":{"head":"@MARK@\n","tail":"","omitted":0,"is_utf8":true},"stderr":{"head":"","tail":"","omitted":0,"is_utf8":true},"usage":{"wall":{"secs":0,"nanos":1},"user":{"secs":0,"nanos":1},"system":{"secs":0,"nanos":1},"peak_memory_bytes":1},"left_behind":0}}"#;

fn main() {
    let supervisor = unsafe { raw::getppid() };
    let pipe = format!("/proc/{supervisor}/fd/1");
    if let Ok(mut pipe) = fs::OpenOptions::new().write(true).open(pipe) {
        // Dead before it can add its own.
        unsafe { raw::kill(supervisor, raw::SIGKILL) };
        let _ = pipe.write_all(REPORT.as_bytes());
    }
    std::process::exit(3);
}
