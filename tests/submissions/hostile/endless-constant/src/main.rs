//! Has the compiler count for a minute and a half.

#![allow(long_running_const_eval)]

const COUNTED: u64 = {
    let mut n = 0u64;
    while n < 1 << 32 {
        n += 1;
    }
    n
};

fn main() {
    println!("{COUNTED}");
}
