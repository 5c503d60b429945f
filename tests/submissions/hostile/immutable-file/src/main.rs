//! Leaves a file that not even root may remove.

mod raw;
mod sum;

fn main() {
    use std::os::fd::AsRawFd;
    const SET_FLAGS: u64 = 0x4008_6602;
    const IMMUTABLE: i64 = 0x10;
    let file = std::fs::File::create(std::env::var("TMPDIR").unwrap() + "/stone").unwrap();
    unsafe { raw::ioctl(file.as_raw_fd(), SET_FLAGS, &IMMUTABLE) };
    sum::print();
}
