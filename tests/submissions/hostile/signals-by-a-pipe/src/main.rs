//! Asks the kernel to send a deadly signal to another process when a pipe has something to read.

mod raw;
mod sum;

fn main() {
    const SET_OWNER: i32 = 8;
    const SET_SIGNAL: i32 = 10;
    const SET_FLAGS: i32 = 4;
    const ASYNC: i32 = 0o20000;
    let mut ends = [0; 2];
    unsafe {
        raw::pipe(&mut ends);
        raw::fcntl(ends[0], SET_OWNER, @VICTIM_PID@);
        raw::fcntl(ends[0], SET_SIGNAL, raw::SIGKILL);
        raw::fcntl(ends[0], SET_FLAGS, ASYNC);
        raw::write(ends[1], b"x".as_ptr().cast(), 1);
    }
    sum::print();
}
