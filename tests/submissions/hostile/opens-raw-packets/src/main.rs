//! Opens a socket that sees every packet.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    unsafe { raw::socket(17, 3, 0x0300) >= 0 }
}
