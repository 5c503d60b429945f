//! Computes in two processes that it never waits for, and sleeps itself.

mod raw;
mod sum;

fn main() {
    for _ in 0..2 {
        raw::in_a_copy(|| {
            let start = std::time::Instant::now();
            while start.elapsed().as_secs() < 45 {}
        });
    }
    raw::sleep(60);
    sum::print();
}
