//! Puts a FIFO into a folder outside.

mod raw;
mod sum;

fn main() {
    unsafe { raw::mkfifo(c"@OPEN@/fifo".as_ptr(), 0o666) };
    sum::print();
}
