//! Kills a process that is not its own, by a descriptor.

mod raw;
mod sum;

fn main() {
    unsafe {
        let process = raw::syscall(raw::PIDFD_OPEN, @VICTIM_PID@, 0);
        raw::syscall(
            raw::PIDFD_SEND_SIGNAL,
            process,
            i64::from(raw::SIGKILL),
            0i64,
            0i64,
        );
    }
    sum::print();
}
