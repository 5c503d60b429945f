//! Asks to count events of the processor.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let mut attributes = [0u8; 128];
    attributes[0] = 1;
    attributes[4] = 128;
    unsafe {
        raw::syscall(
            raw::number::PERF_EVENT_OPEN,
            attributes.as_mut_ptr(),
            0i64,
            -1i64,
            -1i64,
            0i64,
        ) >= 0
    }
}
