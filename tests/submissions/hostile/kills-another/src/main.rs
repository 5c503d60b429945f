//! Kills a process that is not its own.

mod raw;
mod sum;

fn main() {
    unsafe { raw::kill(@VICTIM_PID@, raw::SIGKILL) };
    sum::print();
}
