//! Has forty generations of processes, each of which ends when it has a child.

mod raw;
mod sum;

fn main() {
    raw::in_a_copy(|| {
        for _ in 0..40 {
            if unsafe { raw::fork() } > 0 {
                unsafe { raw::_exit(0) };
            }
            unsafe { raw::setsid() };
        }
        raw::sleep(15);
    });
    sum::print();
}
