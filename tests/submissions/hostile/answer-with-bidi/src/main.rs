//! Prints a last line that reads backwards and hides what it says.

mod sum;

fn main() {
    sum::print();
    println!(
        "{}",
        "\u{202e}3793842\u{202c} \u{2066}x\u{2069} \u{200b}\u{feff}"
    );
}
