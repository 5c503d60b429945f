//! Queues a deadly signal for a process that is not its own.

mod raw;
mod sum;

fn main() {
    let mut info = [0i32; 32];
    info[0] = 10;
    info[2] = -1;
    unsafe {
        raw::syscall(
            raw::number::RT_SIGQUEUEINFO,
            @VICTIM_PID@,
            10i64,
            info.as_mut_ptr(),
        )
    };
    sum::print();
}
