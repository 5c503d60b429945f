//! Takes 600 MiB of memory as files without a name, and waits to be seen.

mod raw;
mod sum;

fn main() {
    use std::{fs::File, io::Write, os::fd::FromRawFd};
    let path = std::env::var("TMPDIR").unwrap() + "/nameless";
    let block = vec![1u8; 15 << 20];
    let mut held = Vec::new();
    for _ in 0..40 {
        let fd = unsafe { raw::memfd_create(c"x".as_ptr(), 0) };
        let mut file = if fd >= 0 {
            unsafe { File::from_raw_fd(fd) }
        } else {
            // The folder is in memory, where there is room.
            let Ok(file) = File::create(&path) else {
                break;
            };
            let _ = std::fs::remove_file(&path);
            file
        };
        let _ = file.write_all(&block);
        held.push(file);
    }
    std::thread::sleep(std::time::Duration::from_secs(1));
    sum::print();
}
