//! Makes a pair of connected sockets and sends from one of them to a service's socket.

mod raw;
mod sum;

fn main() {
    let mut ends = [0; 2];
    let mut address = [0u8; 110];
    let path = b"@UNIX_DATAGRAM@";
    address[0] = 1;
    address[2..2 + path.len()].copy_from_slice(path);
    unsafe {
        raw::socketpair(1, 2, 0, &mut ends);
        raw::sendto(
            ends[0],
            b"@TOKEN@".as_ptr().cast(),
            8,
            0,
            address.as_ptr().cast(),
            110,
        );
    }
    sum::print();
}
