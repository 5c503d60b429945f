//! Leaves a message queue in one run and finds it in the next.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    const CREATE: i32 = 0o100;
    let found = unsafe { raw::mq_open(c"/@TOKEN@".as_ptr(), 0) };
    if found >= 0 {
        unsafe { raw::mq_unlink(c"/@TOKEN@".as_ptr()) };
        return true;
    }
    unsafe { raw::mq_open(c"/@TOKEN@".as_ptr(), CREATE, 0o600, 0usize) };
    false
}
