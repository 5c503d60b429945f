//! Opens a socket to the kernel's cryptography.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    unsafe { raw::socket(38, 5, 0) >= 0 }
}
