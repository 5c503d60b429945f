//! Ends at once and leaves four processes that compute.

mod raw;
mod sum;

fn main() {
    for _ in 0..4 {
        raw::in_a_copy(|| {
            let start = std::time::Instant::now();
            while start.elapsed().as_secs() < 15 {}
        });
    }
    sum::print();
}
