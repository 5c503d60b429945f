//! Kills a thread that is not its own.

mod raw;
mod sum;

fn main() {
    unsafe {
        raw::syscall(
            raw::number::TGKILL,
            @VICTIM_PID@,
            @VICTIM_PID@,
            i64::from(raw::SIGKILL),
        )
    };
    sum::print();
}
