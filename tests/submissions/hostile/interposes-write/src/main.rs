//! Has a `write` of its own that throws everything away and says that all went well.

mod sum;

#[unsafe(no_mangle)]
pub extern "C" fn write(_: i32, _: *const u8, length: usize) -> isize {
    length as isize
}

fn main() {
    sum::print();
}
