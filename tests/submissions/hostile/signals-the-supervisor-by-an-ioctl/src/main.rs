//! Has the kernel send SIGIO to its supervisor, who would die of it, by ioctl.

mod raw;
mod sum;

fn main() {
    const FIOSETOWN: u64 = 0x8901;
    const FIOASYNC: u64 = 0x5452;
    let mut ends = [0; 2];
    let (owner, on): (i32, i32) = (unsafe { raw::getppid() }, 1);
    unsafe {
        raw::socketpair(1, 1, 0, &mut ends);
        raw::ioctl(ends[0], FIOSETOWN, &owner);
        raw::ioctl(ends[0], FIOASYNC, &on);
        raw::write(ends[1], b"x".as_ptr().cast(), 1);
    }
    sum::print();
}
