//! Leaves System V shared memory in one run and finds it in the next.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let key = i32::from_str_radix(&"@TOKEN@"[..7], 16).unwrap();
    const CREATE: i32 = 0o1000;
    const EXCLUSIVE: i32 = 0o2000;
    let found = unsafe { raw::shmget(key, 4096, 0) };
    if found >= 0 {
        unsafe { raw::shmctl(found, 0, std::ptr::null_mut()) };
        return true;
    }
    unsafe { raw::shmget(key, 4096, CREATE | EXCLUSIVE | 0o600) };
    false
}
