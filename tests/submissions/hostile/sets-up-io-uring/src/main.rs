//! Sets up a ring by which calls are made that no filter sees.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let mut parameters = [0u8; 120];
    unsafe { raw::syscall(raw::IO_URING_SETUP, 4, parameters.as_mut_ptr()) >= 0 }
}
