//! Takes an open file out of another process.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    unsafe {
        let process = raw::syscall(raw::PIDFD_OPEN, @VICTIM_PID@, 0);
        process >= 0 && raw::syscall(raw::PIDFD_GETFD, process, 0, 0) >= 0
    }
}
