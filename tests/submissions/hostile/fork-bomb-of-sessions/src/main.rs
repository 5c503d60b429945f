//! Makes sixty processes, each a session of its own.

mod raw;
mod sum;

fn main() {
    for _ in 0..60 {
        raw::in_a_copy(|| {
            unsafe { raw::setsid() };
            raw::sleep(15);
        });
    }
    sum::print();
}
