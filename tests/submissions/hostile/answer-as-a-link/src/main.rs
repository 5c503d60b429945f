//! Prints a last line that is a link which says another thing than it does.

mod sum;

fn main() {
    sum::print();
    println!(
        "{}",
        "\u{1b}]8;;http://evil.example/\u{1b}\\2483973\u{1b}]8;;\u{1b}\\"
    );
}
