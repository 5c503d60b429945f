//! Opens a socket to the machine that this one runs on.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    unsafe { raw::socket(40, 1, 0) >= 0 }
}
