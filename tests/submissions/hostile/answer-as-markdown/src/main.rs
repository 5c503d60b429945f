//! Prints a last line that breaks out of a code fence.

mod sum;

fn main() {
    sum::print();
    println!(
        "{}",
        "``` ````` [x](http://evil.example) ![y](http://evil.example/y) @everyone | a | b |"
    );
}
