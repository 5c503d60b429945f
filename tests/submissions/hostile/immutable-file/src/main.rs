//! Leaves a file that not even root may remove.

mod raw;
mod sum;

fn main() {
    use std::os::fd::AsRawFd;
    const SET_FLAGS: u64 = 0x4008_6602;
    const IMMUTABLE: i64 = 0x10;
    if let Ok(file) = std::fs::File::create("stone") {
        unsafe { raw::ioctl(file.as_raw_fd(), SET_FLAGS, &IMMUTABLE) };
    }
    sum::print();
}
