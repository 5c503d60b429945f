//! Panics with one line of 120 KB.

fn main() {
    panic!("{}", "all is well ".repeat(10_000));
}
