//! Sets the date of a file outside.

mod raw;
mod sum;

fn main() {
    let times = [1i64, 0, 1, 0];
    let number = if cfg!(target_arch = "x86_64") {
        280
    } else {
        88
    };
    unsafe {
        raw::syscall(
            number,
            -100i64,
            c"@OPEN@/note.txt".as_ptr(),
            times.as_ptr(),
            0i64,
        )
    };
    sum::print();
}
