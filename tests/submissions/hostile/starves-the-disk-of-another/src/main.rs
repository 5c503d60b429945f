//! Gives a process that is not its own the lowest priority at the disk.

mod raw;
mod sum;

fn main() {
    const IDLE: i64 = 3 << 13;
    unsafe { raw::syscall(raw::number::IOPRIO_SET, 1i64, @VICTIM_PID@i64, IDLE) };
    sum::print();
}
