//! Sets the limit on processor time of a process that is not its own.

mod raw;
mod sum;

fn main() {
    unsafe { raw::prlimit(@VICTIM_PID@, 0, &[1, 1], std::ptr::null_mut()) };
    sum::print();
}
