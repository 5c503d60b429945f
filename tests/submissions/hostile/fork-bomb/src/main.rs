//! Makes sixty processes that sleep, and does not wait for them.

mod raw;
mod sum;

fn main() {
    for _ in 0..60 {
        raw::in_a_copy(|| raw::sleep(15));
    }
    sum::print();
}
