//! Takes 600 MiB of memory as a file without a name.

mod raw;
mod sum;

fn main() {
    use std::{fs::File, io::Write, os::fd::FromRawFd};
    let fd = unsafe { raw::memfd_create(c"x".as_ptr(), 0) };
    if fd >= 0 {
        let mut file = unsafe { File::from_raw_fd(fd) };
        let block = vec![1u8; 1 << 20];
        for _ in 0..600 {
            if file.write_all(&block).is_err() {
                break;
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    sum::print();
}
