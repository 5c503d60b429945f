//! Has a process that is not its own run only when nobody else does.

mod raw;
mod sum;

fn main() {
    unsafe { raw::sched_setscheduler(@VICTIM_PID@, 5, &0) };
    sum::print();
}
