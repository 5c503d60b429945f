//! Asks for the keys of whoever grades.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    const GET_KEYRING_ID: i64 = 0;
    const SESSION: i64 = -3;
    unsafe { raw::syscall(raw::number::KEYCTL, GET_KEYRING_ID, SESSION, 0i64) > 0 }
}
