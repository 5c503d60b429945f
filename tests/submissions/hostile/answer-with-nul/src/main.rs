//! Prints a last line with NULs.

mod sum;

fn main() {
    sum::print();
    println!("{}", "a\0b\0c \u{fffe} \u{1}");
}
