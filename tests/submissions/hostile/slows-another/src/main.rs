//! Gives a process that is not its own the lowest priority.

mod raw;
mod sum;

fn main() {
    unsafe { raw::setpriority(0, @VICTIM_PID@, 19) };
    sum::print();
}
