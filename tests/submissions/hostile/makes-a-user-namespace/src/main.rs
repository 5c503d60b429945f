//! Makes namespaces in which it is root.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    unsafe { raw::unshare(0x1000_0000 | 0x0002_0000) == 0 }
}
