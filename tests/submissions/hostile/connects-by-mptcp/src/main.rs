//! Connects by the protocol that is TCP over several paths.

mod raw;
mod sum;

fn main() {
    const STREAM: i32 = 1;
    const MPTCP: i32 = 262;
    unsafe {
        let fd = raw::socket(2, STREAM, MPTCP);
        let address = raw::loopback(@TCP_PORT@);
        raw::connect(fd, address.as_ptr().cast(), 16);
    }
    sum::print();
}
