//! Opens a socket to the kernel's network configuration.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    unsafe { raw::socket(16, 3, 0) >= 0 }
}
