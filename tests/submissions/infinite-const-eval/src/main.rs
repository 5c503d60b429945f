//! Does not compile in any useful time: the compiler itself counts to 2^64 for a constant.

#![allow(long_running_const_eval)]

const fn count() -> u64 {
    let mut i = 0;
    while i < u64::MAX {
        i += 1;
    }
    i
}

const FOREVER: u64 = count();

fn main() {
    println!("{FOREVER}");
}
