//! Makes its streams non-blocking, and so perhaps those of the grader.

mod raw;
mod sum;

fn main() {
    for fd in 0..3 {
        unsafe { raw::fcntl(fd, 4, 0o4000) };
    }
    sum::print();
}
