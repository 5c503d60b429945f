//! Ignores every signal that can be ignored and sleeps.

mod raw;
mod sum;

fn main() {
    for number in 1..32 {
        unsafe { raw::signal(number, 1) };
    }
    raw::sleep(60);
    sum::print();
}
