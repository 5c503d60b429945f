//! Opens a socket by the system calls of 32-bit programs.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    // In a copy: a kernel without 32-bit programs ends it.
    #[cfg(target_arch = "x86_64")]
    {
        let pid = raw::in_a_copy(|| {
            const SOCKET_32: i64 = 359;
            let answer: i64;
            unsafe {
                std::arch::asm!("push rbx", "mov ebx, 2", "int 0x80", "pop rbx",
                    inlateout("rax") SOCKET_32 => answer, in("rcx") 1, in("rdx") 0,
                    lateout("r8") _, lateout("r9") _, lateout("r10") _, lateout("r11") _);
                raw::_exit(if (0..1024).contains(&answer) { 7 } else { 0 });
            }
        });
        let mut status = 0;
        unsafe { raw::waitpid(pid, &mut status, 0) };
        return status == 7 << 8;
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}
