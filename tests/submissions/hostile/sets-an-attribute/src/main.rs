//! Hangs an attribute on a file outside.

mod raw;
mod sum;

fn main() {
    unsafe {
        raw::setxattr(
            c"@OPEN@/note.txt".as_ptr(),
            c"user.hostile".as_ptr(),
            b"x".as_ptr().cast(),
            1,
            0,
        )
    };
    sum::print();
}
