//! Makes a map for programs in the kernel.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    // An array of one entry of four bytes.
    let mut attributes = [0u32; 32];
    attributes[..4].copy_from_slice(&[2, 4, 4, 1]);
    unsafe { raw::syscall(raw::number::BPF, 0i64, attributes.as_mut_ptr(), 72i64) >= 0 }
}
