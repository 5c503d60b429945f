//! Connects by sending at once, without the call that connects.

mod raw;
mod sum;

fn main() {
    const STREAM: i32 = 1;
    const FAST_OPEN: i32 = 0x2000_0000;
    unsafe {
        let fd = raw::socket(2, STREAM, 0);
        let address = raw::loopback(@TCP_PORT@);
        raw::sendto(
            fd,
            b"@TOKEN@".as_ptr().cast(),
            8,
            FAST_OPEN,
            address.as_ptr().cast(),
            16,
        );
    }
    sum::print();
}
