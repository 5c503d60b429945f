//! Leaves a key in the user's keyring in one run and finds it in the next.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    // In the user's keyring, for a minute.
    const USER_KEYRING: i64 = -4;
    const SEARCH: i64 = 10;
    const SET_TIMEOUT: i64 = 15;
    let (kind, name) = (c"user".as_ptr(), c"@TOKEN@".as_ptr());
    unsafe {
        if raw::syscall(raw::number::KEYCTL, SEARCH, USER_KEYRING, kind, name, 0i64) > 0 {
            return true;
        }
        let key = raw::syscall(raw::number::ADD_KEY, kind, name, name, 4i64, USER_KEYRING);
        raw::syscall(raw::number::KEYCTL, SET_TIMEOUT, key, 60i64);
    }
    false
}
