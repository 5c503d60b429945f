//! Asks for a library that is not there, to look like a machine without a linker.

#[link(name = "surely-not-there-@TOKEN@")]
unsafe extern "C" {
    fn nothing();
}

fn main() {
    unsafe { nothing() };
}
