//! Asks the linker for a library whose name acts on terminals.

#[link(name = "\u{1b}[2J\u{9b}31m##vso[task.complete]")]
unsafe extern "C" {
    fn nothing();
}

fn main() {
    unsafe { nothing() };
}
