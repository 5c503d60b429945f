//! Stops itself, so that it neither runs nor ends.

mod raw;
mod sum;

fn main() {
    unsafe { raw::raise(raw::SIGSTOP) };
    sum::print();
}
