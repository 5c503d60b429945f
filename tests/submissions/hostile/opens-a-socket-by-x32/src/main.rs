//! Opens a socket by the numbers of programs with short pointers.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    const X32: i64 = 0x4000_0000;
    // In a copy: a filter may end it.
    let pid = raw::in_a_copy(|| unsafe {
        let worked = cfg!(target_arch = "x86_64") && raw::syscall(X32 | 41, 2, 1, 0) >= 0;
        raw::_exit(if worked { 7 } else { 0 });
    });
    let mut status = 0;
    unsafe { raw::waitpid(pid, &mut status, 0) };
    status == 7 << 8
}
