//! Pins a process that is not its own to one processor.

mod raw;
mod sum;

fn main() {
    unsafe { raw::sched_setaffinity(@VICTIM_PID@, 8, &1) };
    sum::print();
}
