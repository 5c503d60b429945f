//! Prints a last line with control characters of the second set, which some terminals obey.

mod sum;

fn main() {
    sum::print();
    println!("{}", "\u{9b}31mred\u{9b}0m \u{9d}0;title\u{9c} \u{7f}");
}
