//! Has a process that replaces itself by a copy again and again, for twenty seconds.

mod raw;
mod sum;

fn main() {
    raw::in_a_copy(|| {
        let start = std::time::Instant::now();
        unsafe { raw::setsid() };
        while start.elapsed().as_secs() < 20 {
            if unsafe { raw::fork() } > 0 {
                unsafe { raw::_exit(0) };
            }
        }
    });
    sum::print();
}
