//! Names a library with a path that leads out, to have the linker read it.

#[link(
    name = "../../../../../../..@OPEN@/note.txt",
    kind = "dylib",
    modifiers = "+verbatim"
)]
unsafe extern "C" {
    fn nothing();
}

fn main() {
    unsafe { nothing() };
}
