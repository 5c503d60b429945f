//! Sets the limit on open files of a process that is not its own.

mod raw;
mod sum;

fn main() {
    unsafe { raw::prlimit(@VICTIM_PID@, 7, &[3, 3], std::ptr::null_mut()) };
    sum::print();
}
