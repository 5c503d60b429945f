//! Leaves a daemon that holds its standard output open.

mod raw;
mod sum;

fn main() {
    raw::in_a_copy(|| {
        unsafe { raw::setsid() };
        if unsafe { raw::fork() } == 0 {
            raw::sleep(20);
        }
    });
    sum::print();
}
