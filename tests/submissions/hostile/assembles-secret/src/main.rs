//! Has the assembler take in a hidden file, and prints it.

mod sum;

core::arch::global_asm!(
    ".data",
    ".globl STOLEN",
    "STOLEN:",
    ".incbin \"@TREASURE@/secret.txt\"",
    ".zero 64",
    ".text"
);

unsafe extern "C" {
    static STOLEN: u8;
}

fn main() {
    sum::print_stolen(Some(
        String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(&raw const STOLEN, 32) })
            .to_string(),
    ));
}
